"""Problems of answers: each reason of the judge, put at the field where it can be mended."""
