"""Any program by one command: a gateway that lives as long as the program, and variables that route its calls there.

    cli/run.py > helper =forks=> the gateway and the proxy
                 variables > the program, in place of the command

``helper`` is the process beside the program: it opens the sockets, restarts the gateway if it dies, and ends with the
last of the program's children. ``proxy`` answers CONNECT: it terminates TLS for Atlas' host and passes the connection
to the gateway, and tunnels all other hosts. ``certificates`` makes the certificates for that, ``variables`` the
program's environment. ``node.cjs`` and ``python_hook.txt`` are for programs that ignore proxy variables.
"""
