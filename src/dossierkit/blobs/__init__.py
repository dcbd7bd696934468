"""Where the bytes of attachments are kept, behind `ports.BlobStore`."""
