"""Ways to pay, as implementations of `ports.PaymentGateway`, and transfers by VietQR."""
