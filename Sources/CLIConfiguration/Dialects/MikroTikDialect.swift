extension DialectSource {
    /// MikroTik RouterOS, as `/export` prints it (one item a line, menus above them or in front of them).
    ///
    /// `key:MENU` names the properties that tell the items of a menu apart; without it that is `name`, else everything.
    /// `default:MENU` says what a property has that `/export` does not show.
    static let mikrotikRouterOS = DialectSource(
        "mikrotik_routeros",
        """
        syntax menus
        negation remove
        comment #
        setting insert place-before
        setting ordered-menus /ip_firewall_filter /ip_firewall_nat /ip_firewall_mangle /ip_firewall_raw /ipv6_firewall_filter /ipv6_firewall_nat /ipv6_firewall_mangle /ipv6_firewall_raw /interface_bridge_filter /interface_bridge_nat /routing_filter_rule /routing_rule /queue_simple /ip_ipsec_policy /ip_hotspot_walled-garden
        setting key:/ip_address address interface
        setting key:/ipv6_address address interface
        setting key:/ip_route dst-address gateway routing-table
        setting key:/ipv6_route dst-address gateway routing-table
        setting key:/interface_bridge_port interface
        setting key:/interface_bridge_vlan bridge vlan-ids
        setting key:/interface_list_member interface list
        setting key:/interface_wireguard_peers interface public-key
        setting key:/ip_dhcp-client interface
        setting key:/ip_dhcp-server_network address
        setting key:/ip_dhcp-server_lease address mac-address
        setting key:/ip_dns_static name address type
        setting key:/ip_firewall_address-list list address
        setting key:/system_ntp_client_servers address
        setting key:/system_logging topics action
        setting default:/ip_dns servers="" allow-remote-requests=no cache-size=2048KiB
        setting default:/system_identity name=MikroTik
        setting default:/system_clock time-zone-name=UTC time-zone-autodetect=yes
        setting default:/system_note note="" show-at-login=yes
        setting default:/system_ntp_client enabled=no
        setting default:/snmp enabled=no contact="" location="" trap-version=1
        setting default:/ip_ssh strong-crypto=no
        setting default:/ip_settings rp-filter=no
        setting default:/ip_neighbor_discovery-settings discover-interface-list=static
        setting default:/ip_service disabled=no address=""
        setting default:/interface_ethernet comment="" disabled=no mtu=1500
        setting default:/interface_bridge vlan-filtering=no
        setting default:/interface_bridge_port pvid=1
        setting default:/tool_bandwidth-server enabled=yes
        setting default:/tool_mac-server allowed-interface-list=all
        setting default:/tool_romon enabled=no
        setting secret-words password secret passphrase private-key preshared-key wpa-pre-shared-key wpa2-pre-shared-key pre-shared-key authentication-key auth-key authentication-password encryption-password
        """)
}
