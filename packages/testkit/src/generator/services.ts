/** About fifty services as a sensor's profile names them, and how much of the traffic each draws. */
import type { Protocol } from "@propolis/core"

/** How a session of the service goes. */
export type Script = "login" | "ssh" | "web" | "lines" | "binary" | "datagram"

export interface GeneratedService {
  readonly name: string
  readonly emulator: string
  readonly protocol: Protocol
  readonly port: number
  readonly weight: number
  readonly script: Script
}

const table = `
Telnet telnet TCP 23 200 login
SSH ssh TCP 22 260 ssh
HTTP http TCP 80 130 web
SMB smb TCP 445 120 binary
HTTPS http TCP 443 60 web
MSSQL mssql TCP 1433 50 binary
RDP rdp TCP 3389 50 binary
MySQL mysql TCP 3306 40 login
Redis redis TCP 6379 30 lines
SIP.udp sip UDP 5060 45 datagram
DNS.udp dns UDP 53 30 datagram
SNMP.udp snmp UDP 161 20 datagram
NTP.udp ntp UDP 123 18 datagram
FTP ftp TCP 21 25 login
SMTP smtp TCP 25 22 lines
VNC vnc TCP 5900 25 binary
HTTP.8080 http TCP 8080 40 web
Telnet.IoT telnet TCP 2323 40 login
ADB adb TCP 5555 22 binary
PostgreSQL postgresql TCP 5432 14 login
Elasticsearch http TCP 9200 10 web
Docker http TCP 2375 12 web
Memcached memcached TCP 11211 8 lines
Memcached.udp memcached UDP 11211 8 datagram
MongoDB mongodb TCP 27017 10 binary
POP3 pop3 TCP 110 7 login
IMAP imap TCP 143 7 login
LDAP ldap TCP 389 5 binary
CLDAP.udp ldap UDP 389 8 datagram
SSDP.udp ssdp UDP 1900 12 datagram
CoAP.udp coap UDP 5683 5 datagram
MQTT mqtt TCP 1883 7 binary
Modbus modbus TCP 502 4 binary
S7 s7 TCP 102 3 binary
BACnet.udp bacnet UDP 47808 2 datagram
IPMI.udp ipmi UDP 623 3 datagram
TFTP.udp tftp UDP 69 3 datagram
RPC.udp rpc UDP 111 5 datagram
NetBIOS.udp netbios UDP 137 4 datagram
PPTP pptp TCP 1723 4 binary
Socks socks TCP 1080 6 binary
Squid http TCP 3128 5 web
Kubernetes http TCP 6443 4 web
Jenkins http TCP 8081 3 web
Echo echo TCP 7 2 lines
Echo.udp echo UDP 7 2 datagram
MOTD motd TCP 8 1 lines
Rsync rsync TCP 873 3 lines
IRC irc TCP 6667 2 lines
Finger finger TCP 79 1 lines
`

export const generatedServices: readonly GeneratedService[] = table
  .trim()
  .split("\n")
  .map((line) => {
    const [name, emulator, protocol, port, weight, script] = line.split(" ")
    return {
      name: name!,
      emulator: emulator!,
      protocol: protocol as Protocol,
      port: Number(port),
      weight: Number(weight),
      script: script as Script,
    }
  })
