"""What is counted for Prometheus; ``metrics`` hands it out.

``calls`` counts each call in plain numbers, and ``failures`` says whose fault one was; ``state`` reads what the parts
of a gateway know of themselves.
"""
