extension DialectSource {
    /// Arista EOS.
    static let aristaEOS = DialectSource(
        "arista_eos",
        """
        syntax indented
        negation no
        comment !
        noise Building configuration...
        noise show running-config
        noise end
        exit exit
        exit end
        abbreviate Et Ethernet
        abbreviate Eth Ethernet
        abbreviate Lo Loopback
        abbreviate Po Port-Channel
        abbreviate Ma Management
        abbreviate Tu Tunnel
        abbreviate Vl Vlan
        abbreviate Vx Vxlan

        group entries
          # ~                                   % renew undo=key filter=entry
          permit|deny|remark **                 % filter=entry ordered

        group bgp-lines
          router-id ?                           % undo=full order=-40
          neighbor * peer group                 % order=-30
          neighbor * remote-as ?                % order=-20 undo=full
          neighbor * description ~              % undo=full
          neighbor * activate                   % shown
          neighbor * route-map ? in|out         % undo=full use=route-map:2
          neighbor * password ? ?               % secret=3 undo=full
          maximum-paths ~                       % undo=full

        rules
          hostname ?                            % undo=key order=-100
          banner motd|login                     % opaque until=EOF undo=full
          username * ~                          % undo=key
          username * ssh-key ~                  % undo=full
          enable secret ~                       % undo=full secret=1
          enable password ~                     % undo=full secret=1
          snmp-server location|contact ~        % undo=key
          aaa authentication * * ~              % undo=full
          aaa authorization commands * default ~ % undo=full
          ip routing                            % off order=-45
          spanning-tree mode ?                  % undo=full
          clock timezone ~                      % undo=full
          vlan *                                % section expand order=-40 def=vlan:1
            name ?                              % undo=full
          vrf instance *                        % section order=-50 def=vrf:1
          vrf definition *                      % section order=-50 def=vrf:1
          interface *                           % section remove=children vanishes order=-5 virtual=loopback,vlan,port-channel,tunnel,vxlan,.
            description ~                       % undo=key
            switchport                          % shown order=-50
            switchport mode ?                   % undo=full order=-20
            switchport access vlan ?            % undo=full use=vlan:1
            switchport trunk native vlan ?      % undo=full
            switchport trunk allowed vlan [add] ~ % ranges=add undo=key
            vrf ?                               % order=-30 use=vrf:1 may-drop="ip address" may-drop="ipv6 address"
            vrf forwarding ?                    % order=-30 use=vrf:1 may-drop="ip address" may-drop="ipv6 address"
            ip address ?                        % order=-5 claim=address:1
            ip address * secondary              % order=1
            encapsulation dot1q vlan ?          % undo=full order=-40
            mtu ?                               % undo=full order=-10
            speed ~                             % undo=full
            shutdown                            % off order=30
            ip access-group ? in|out            % undo=full use=acl:1
            channel-group # ~                   % undo=full
            ip ospf cost ?                      % undo=full
          ip|ipv6|mac access-list *             % numbered order=-20 def=acl:1 filter=acl
            use entries
            counters per-entry                  % off
          ip access-list standard *             % numbered order=-20 def=acl:1 filter=acl
            use entries
            counters per-entry                  % off
          ip|ipv6 prefix-list * seq # ~         % list=1 def=prefix-list:1 renew undo=full order=-20 filter=prefix-list
          ip|ipv6 prefix-list *                 % section order=-20 def=prefix-list:1 filter=prefix-list
            seq # ~                             % renew undo=key
          route-map * ? #                       % section list=1 def=route-map:1 undo=full order=-15 filter=route-map
            description ~                       % undo=full
            match ip address prefix-list ?      % undo=full use=prefix-list:1
            set local-preference ?              % undo=full
            set metric ?                        % undo=full
          class-map **                          % section order=-18
          policy-map **                         % section order=-16
            class class-default                 % section order=20
            class **                            % section ordered
          router bgp ?                          % section renew order=20
            use bgp-lines
            address-family **                   % section order=10
              use bgp-lines
            vrf *                               % section order=11
              use bgp-lines
              address-family **                 % section order=10
                use bgp-lines
          router ospf *                         % section order=10
            router-id ?                         % undo=full order=-40
          router ospf * vrf *                   % section order=10
            router-id ?                         % undo=full order=-40
          management **                         % section
            vrf **                              % section
          ip route **                           % order=5
        """)
}
