"""What exists: one folder a domain, pure modules beside one ``assets.py``."""
