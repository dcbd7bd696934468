"""Payment gateways (implementations of `ports.PaymentGateway`), and bank transfers by VietQR."""
