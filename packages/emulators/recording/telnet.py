"""Plays sessions against inetutils-telnetd and prints both sides, in hexadecimal and as text."""
import select
import socket
import subprocess
import time

PORT = 19023
# What the client sends, and for how many seconds its answer may keep silent before the next.
SESSIONS = {
    "dont-echo after login prompt": [
        ("fffe25fffe26fffc18fffc20fffc23fffc27fffc24", 0.7),
        ("fffe03fffc01fffc22fffc1ffffe05fffc21", 1),
        ("fffe01", 0.7),
        ("fffd01", 0.5),
        ("726f", 0.5),
        ("fffe01", 0.5),
        ("fffe01", 0.5),
        ("fffd01", 0.5),
        ("fffe01", 0.5),
        ("6f740d0a", 0.7),
    ],
    "dont-echo early": [
        ("fffe25fffe26fffc18fffc20fffc23fffc27fffc24", 0.7),
        ("fffe03fffc01fffc22", 0.4),
        ("fffe01", 0.4),
        ("fffc1ffffe05fffc21", 1),
    ],
    "will linemode unsolicited early": [
        ("fffb22", 0.7),
        ("fffe25fffe26fffc18fffc20fffc23fffc27fffc24", 0.7),
        ("fffe03fffc01fffc22fffc1ffffe05fffc21", 1),
    ],
    "will linemode late": [
        ("fffe25fffe26fffc18fffc20fffc23fffc27fffc24", 0.7),
        ("fffe03fffc01fffc22fffc1ffffe05fffc21", 1),
        ("fffb22", 0.7),
        ("fffb22", 0.5),
        ("fffc22", 0.5),
        ("fffb22", 0.5),
    ],
    "will linemode solicited": [
        ("fffe25fffe26fffc18fffc20fffc23fffc27fffc24", 0.7),
        ("fffe03fffc01fffb22fffc1ffffe05fffc21", 1),
        ("fffd01", 0.5),
        ("fffc22", 0.5),
        ("fffb22", 0.5),
    ],
    "proactive": [
        ("fffd03fffb18fffb1ffffb20fffb21fffb22fffb27fffd05", 0.7),
        ("fffe25fffe26fffc23fffc24", 0.7),
        ("fffa1f00500018fff0", 0.3),
        ("fffa200033383430302c3338343030fff0fffa2700fff0fffa1800787465726dfff0", 0.8),
        ("fffc01", 0.8),
    ],
    "terminal and login prompt": [
        ("fffe25fffe26fffb18fffb20fffc23fffb27fffc24", 1),
        ("fffa200033383430302c3338343030fff0fffa2700fff0fffa1800787465726dfff0", 1),
        ("fffd03fffc01fffc22fffb1ffffa1f00500018fff0fffd05fffb21", 2.5),
        ("fffd01", 1),
        ("6e6f626f64790d00", 1),
        ("780d00", 4.5),
    ],
}


def answer(peer, silence):
    data = b""
    while select.select([peer], [], [], silence)[0]:
        part = peer.recv(4096)
        if not part:
            return data + b" (closed)"
        data += part
    return data


listen = f"TCP-LISTEN:{PORT},bind=127.0.0.1,reuseaddr,fork"
server = subprocess.Popen(["socat", listen, "EXEC:/usr/sbin/telnetd,nofork"])
try:
    time.sleep(0.6)
    for name, steps in SESSIONS.items():
        with socket.create_connection(("127.0.0.1", PORT)) as peer:
            print("#", name)
            data = answer(peer, 0.7)
            print("<", data.hex())
            for sent, silence in steps:
                peer.sendall(bytes.fromhex(sent))
                data = answer(peer, silence)
                print(">", sent)
                print("<", data.hex(), data)
finally:
    server.terminate()
