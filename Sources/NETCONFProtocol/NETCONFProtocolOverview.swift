// NETCONFProtocol: RFC 6241/6242 framing, hello, RPC and session machines for both roles; no sockets.
