extension DialectSource {
    /// Cisco IOS and IOS-XE.
    static let ciscoIOS = DialectSource(
        "cisco_ios",
        """
        syntax indented
        negation no
        comment !
        noise Building configuration...
        noise Current configuration :
        noise Using
        noise ntp clock-period
        noise end
        exit exit
        exit exit-address-family
        exit exit-vrf
        exit exit-af-interface
        exit exit-af-topology
        exit exit-peer-policy
        exit exit-peer-session
        exit quit
        exit end

        rules
          hostname ?                            % undo=key
          interface *                           % section remove=children vanishes
            description ~                       % undo=key
            ip address ~
            ip address * * secondary            % order=1
            shutdown                            % off order=30
            mtu ?
        """)
}
