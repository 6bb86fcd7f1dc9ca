"""Sends bytes over TCP or UDP to a port of 127.0.0.1 and prints both sides as lines of a transcript."""
import socket
import sys

NAMES = {13: "\\r", 10: "\\n", 92: "\\\\"}


def shown(data):
    return "".join(NAMES.get(b) or (chr(b) if 32 <= b < 127 else "\\x%02x" % b) for b in data)


kind, port = sys.argv[1], int(sys.argv[2])
with socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as peer:
    peer.settimeout(float(sys.argv[4]) if len(sys.argv) > 4 else 1)
    peer.connect(("127.0.0.1", port))
    request = sys.argv[3].encode("latin-1").decode("unicode_escape").encode("latin-1")
    peer.sendall(request)
    print("> " + shown(request))
    try:
        while data := peer.recv(65536):
            print("< " + shown(data).replace("\\n", "\\n\n< ").removesuffix("\n< "))
        print("closed")
    except TimeoutError:
        print("end")
