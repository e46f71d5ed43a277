extension DialectSource {
    /// Juniper Junos, in braces or as `set` lines.
    static let juniperJunos = DialectSource(
        "juniper_junos",
        """
        syntax paths
        negation delete
        quotes yes
        noise version
        setting insert insert
        setting annotations yes
        setting statement-end semicolon
        setting top-lists interfaces routing-instances vlans groups
        setting list-words unit family term policy-statement prefix-list community as-path filter group neighbor user class security-zone policy application application-set address-set route area interface instance rule rule-set pool from-zone to-zone source-address-filter login server view trap-group vlan bridge-domains profile gateway proposal vpn host file policer
        setting ordered-words term policy rule import export authentication-order apply-groups proposals
        setting single-words host-name description mtu router-id autonomous-system peer-as local-as local-address vlan-id native-vlan-id metric preference type encapsulation hold-time location contact time-zone domain-name
        setting secret-words encrypted-password authentication-key secret pre-shared-key ascii-text key md5 simple-password
        """)

    /// Nokia SR Linux, as `info` or `info flat` shows it.
    static let nokiaSRLinux = DialectSource(
        "nokia_srlinux",
        """
        syntax paths
        negation delete
        quotes yes
        setting set set /
        setting delete delete /
        setting statement-end newline
        setting leaf-values yes
        setting list-words interface subinterface address network-instance group neighbor policy statement entry ipv4-filter ipv6-filter acl-filter prefix prefix-set community-set as-path-set vlan vxlan-interface tunnel-interface afi-safi area instance level route server user role match-list buffer file remote-server
        setting ordered-words import-policy export-policy authentication-method
        setting single-words admin-state description host-name mtu ip-mtu autonomous-system router-id peer-as local-as peer-group type vlan-id vni evi ecmp rd export-rt import-rt lag-type min-links port-speed aggregate-id metric next-hop-group ip-address policy-result hello-interval interface-type passive circuit-type level-capability
        setting secret-words password authentication-password secret-key key
        """)

    /// Nokia SR OS in its model-driven CLI.
    static let nokiaSROS = DialectSource(
        "nokia_sros",
        """
        syntax paths
        negation delete
        quotes yes
        setting set /
        setting delete delete /
        setting slash joined
        setting statement-end newline
        setting leaf-values yes
        setting list-words port router interface group neighbor prefix-list policy-statement entry vprn vpls epipe sap spoke-sdp sdp lag area user community as-path ip-filter route server log-id prefix
        setting single-words admin-state description mtu autonomous-system router-id peer-as address prefix-length name
        setting secret-words password secret key authentication-key
        """)

    /// VyOS, as `config.boot` or `show configuration commands` has it.
    static let vyos = DialectSource(
        "vyos",
        """
        syntax paths
        negation delete
        quotes yes
        setting statement-end newline
        setting delete-at outermost
        setting list-words ethernet loopback bonding bridge tunnel wireguard dummy vif vif-s vif-c rule name ipv6-name neighbor peer-group prefix-list prefix-list6 access-list route-map area user server community listen-address shared-network-name subnet range static-mapping peer zone from group address-group network-group port-group route route6 interface policy host-name-server
        setting single-words host-name description mtu router-id system-as remote-as action default-action update-source hw-id duplex speed peer-group
        setting secret-words encrypted-password plaintext-password pre-shared-secret private-key preshared-key password
        """)
}
