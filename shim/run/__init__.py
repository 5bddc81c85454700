"""Any program by one command: a gateway that lives as long as the program, and variables that lead its calls there.

    cli/run.py > helper =forks=> the gateway behind its proxy
                 variables > the program, in place of the command

``helper`` has the processes beside the program: it opens the socket, restarts the
gateway if it dies, and ends with the last of the program's descendants. ``proxy`` takes
connections: it ends TLS for Atlas' host and passes the connection to the gateway, and
tunnels to all other hosts. ``peers`` tells who connects, ``certificates`` makes the
certificates, ``variables`` the program's environment, ``folders`` where its files are;
``causes`` says why a program was not served, and ``init`` stays as the program's parent
where the command is process 1 of a container. ``node.cjs`` and ``python_hook.txt`` are
loaded by each Node and each Python of the run.
"""
