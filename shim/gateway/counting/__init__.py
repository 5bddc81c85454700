"""What is counted, and what is looked up when the operator asks; ``metrics`` hands it all to Prometheus.

``calls`` counts each call in plain numbers, and ``failures`` says whose fault one was. ``state`` looks at connections,
memory and certificates, and ``facts`` at what does not change between two reloads: version, route, sunsets.
"""
