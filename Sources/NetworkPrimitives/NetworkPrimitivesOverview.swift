// NetworkPrimitives: Addresses, prefixes, MACs, ASNs, VLAN sets and interface names: parse, print, order.
