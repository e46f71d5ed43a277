extension DialectSource {
    /// Arista EOS.
    static let aristaEOS = DialectSource(
        "arista_eos",
        """
        syntax indented
        negation no
        setting guard:authentication >aaa_authentication_login >username >tacacs-server_host >radius-server_host aaa_group_server>server management_ssh>ip_access-group
        setting guard:management >ip_route_0.0.0.0/0 interface_Management1>ip_address interface_Management0>ip_address
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
          bgp default ipv4-unicast              % shown order=-45
          bgp cluster-id ?                      % undo=full order=-39
          rd ?                                  % undo=full order=-35
          neighbor * peer group                 % order=-30 def=.peer-group:1
          neighbor * peer-group                 % order=-30 def=.peer-group:1
          neighbor * remote-as ?                % order=-20 undo=full
          neighbor * peer group ?               % order=-18 undo=full
          neighbor * description ~              % undo=full
          neighbor * update-source ?            % undo=full
          neighbor * ebgp-multihop ?            % undo=full
          neighbor * timers ? ?                 % undo=full
          neighbor * local-as ~                 % undo=full
          neighbor * maximum-routes ~           % undo=full
          neighbor * weight ?                   % undo=full
          neighbor * activate                   % shown reset="default neighbor $1 activate"
          neighbor * route-map ? in|out         % undo=full use=route-map:2
          neighbor * prefix-list ? in|out       % undo=full use=prefix-list:2
          neighbor * password ? ?               % secret=3 undo="no neighbor $1 password"
          maximum-paths ~                       % undo=full
          timers bgp ? ?                        % undo=full
          redistribute * route-map ?            % undo=full use=route-map:2
          network * route-map ?                 % undo=full use=route-map:2

        group bgp-instance
          use bgp-lines
          address-family **                     % section order=10
            use bgp-lines
          vlan|vlan-aware-bundle *              % section order=9
            rd ?                                % undo=full order=-35
            route-target **
            redistribute **
            vlan *

        group class-lines
          class class-default                   % section order=20
          class **                              % section ordered

        rules
          hostname ?                            % undo=key order=-100
          banner motd|login                     % opaque until=EOF undo=full
          username * ~                          % undo=key mark=make-first
          username * ssh-key ~                  % undo=full
          username * sshkey ~                   % undo=full
          enable secret ~                       % undo=full secret=1
          enable password ~                     % undo=full secret=1
          snmp-server location|contact ~        % undo=key
          snmp-server community * ~             % undo=key
          aaa authentication * * ~              % undo=full
          aaa authorization commands * default ~ % undo=full
          aaa group server tacacs+|radius|ldap * % section order=-30
          tacacs-server|radius-server host * key ? ? % undo=full secret=3 order=-32
          tacacs-server|radius-server host **   % order=-32
          tacacs-server|radius-server key ? ?   % undo=full secret=2
          role *                                % section order=-30
          ip routing                            % off order=-45
          ip routing vrf *                      % shown reset="default ip routing vrf $1" order=-44
          spanning-tree mode ?                  % undo=full
          spanning-tree mst configuration       % section
            name ?                              % undo=full
            revision ?                          % undo=full
          clock timezone ~                      % undo=full
          ntp local-interface ~                 % undo=full
          logging console|monitor|buffered|trap ~ % undo=full
          alias * ~                             % undo=full
          vlan *                                % section expand order=-40 def=vlan:1
            name ?                              % undo=full
          vlan internal order ~                 % undo=full
          vrf instance *                        % section order=-50 def=vrf:1
          vrf definition *                      % section order=-50 def=vrf:1
            rd ?                                % undo=full
          interface defaults                    % section order=-7
            mtu ?                               % undo=full
          interface *                           % section remove=children vanishes order=-5 virtual=loopback,vlan,port-channel,tunnel,vxlan,.
            description ~                       % undo=key
            switchport                          % shown order=-50 may-drop="ip address" may-drop="ipv6 address"
            switchport mode ?                   % undo=full order=-20
            switchport access vlan ?            % undo=full use=vlan:1
            switchport trunk native vlan ?      % undo=full
            switchport trunk allowed vlan [add] ~ % ranges=add undo="no switchport trunk allowed vlan"
            vrf ?                               % order=-30 use=vrf:1 may-drop="ip address" may-drop="ipv6"
            vrf forwarding ?                    % order=-30 use=vrf:1 may-drop="ip address" may-drop="ipv6"
            ip address ?                        % order=-5 claim=subnet:1
            ip address * secondary              % order=1 claim=subnet:1
            ip address virtual ?                % order=-5 undo=full claim=subnet:1
            encapsulation dot1q vlan ?          % undo=full order=-40 claim=^vid:1
            encapsulation vlan                  % section order=-40
            mtu ?                               % undo=full order=-10
            speed ~                             % undo=full
            shutdown                            % off order=30
            ip|ipv6|mac access-group ? in|out   % undo=full use=acl:1
            channel-group # ~                   % renew undo="no channel-group" order=25
            service-policy type qos input|output ? % undo=full
            service-policy input|output ?       % undo=full
            ip ospf cost ?                      % undo=full
            ip ospf area ?                      % undo=full
            ip ospf network ?                   % undo=full
            ip ospf hello-interval|dead-interval|priority ? % undo=full
            isis metric ?                       % undo=full
            isis enable ?                       % undo=full
            isis circuit-type ?                 % undo=full
            load-interval ?                     % undo=full
            mlag ?                              % undo=full
            vxlan source-interface ?            % undo=full order=-10
            vxlan udp-port ?                    % undo=full
            vxlan vrf * vni ?                   % undo=full use=vrf:1 claim=.vni:2
            vxlan vlan * vni ?                  % undo=full claim=.vni:2
            evpn ethernet-segment               % section order=6
              identifier ?                      % undo=full
              route-target import ?             % undo=full
            vrrp *                              % section order=6
          ip|ipv6|mac access-list *             % numbered order=-20 def=acl:1 filter=acl
            use entries
            counters per-entry                  % off
            statistics per-entry                % off
          ip|ipv6 access-list standard *        % numbered order=-20 def=acl:1 filter=acl
            use entries
            counters per-entry                  % off
            statistics per-entry                % off
          ip|ipv6 prefix-list * seq # ~         % list=1 def=prefix-list:1 renew undo=full order=-20 filter=prefix-list
          ip|ipv6 prefix-list *                 % section order=-20 def=prefix-list:1 filter=prefix-list
            seq # ~                             % renew undo=key
          ip as-path access-list * **           % list=1 ordered=mixed order=-20
          ip community-list|extcommunity-list|large-community-list * ** % list=1 ordered=mixed order=-20
          ip community-list|extcommunity-list|large-community-list standard|expanded|regexp * ** % list=1 ordered=mixed order=-20
          peer-filter *                         % numbered order=-21 filter=peer-filter
            # ~                                 % renew undo=key filter=entry
          route-map * ? #                       % section list=1 def=route-map:1 undo=full order=-15 filter=route-map
            description ~                       % undo=full
            match ip|ipv6 address prefix-list ? % undo=full use=prefix-list:1
            set local-preference ?              % undo=full
            set metric ?                        % undo=full
            set weight ?                        % undo=full
            set origin ?                        % undo=full
            sub-route-map ?                     % undo=full use=route-map:1
          class-map type * ? *                  % section renew order=-18
          class-map ? *                         % section renew order=-18
          class-map **                          % section order=-18
          policy-map **                         % section order=-16
            use class-lines
          qos profile *                         % section order=-15
          traffic-policies                      % section order=-14
            traffic-policy *                    % section
              match **                          % section
                actions                         % section
            field-set **                        % section order=-5
          match-list **                         % section order=-20
          router bgp ?                          % section renew order=20
            use bgp-instance
            vrf *                               % section order=11
              use bgp-instance
          router ospf|ospfv3 *                  % section order=10 claim=ospf:1
            router-id ?                         % undo=full order=-40
            max-lsa ~                           % undo=full
            address-family **                   % section
          router ospf * vrf *                   % section order=10 claim=ospf:1
            router-id ?                         % undo=full order=-40
            max-lsa ~                           % undo=full
          ipv6 router ospf **                   % section order=10
            router-id ?                         % undo=full order=-40
          router isis **                        % section order=10
            net *                               % order=-30
            is-type ?                           % undo=full
            router-id ipv4 ?                    % undo=full
            address-family **                   % section
            segment-routing mpls                % section
          router rip                            % section order=10
          router multicast                      % section order=10
            ipv4|ipv6                           % section
              vrf *                             % section
            vrf *                               % section
              ipv4|ipv6                         % section
          router pim **                         % section order=10
            ipv4|ipv6                           % section
            vrf *                               % section
              ipv4|ipv6                         % section
          router igmp|msdp|bfd|general|l2-vpn|traffic-engineering|adaptive-virtual-topology|path-selection % section order=10
            vrf *                               % section
            peer *                              % section
          mpls ldp                              % section order=12
          mpls rsvp                             % section order=12
          segment-routing                       % section order=12
          management **                         % section
            vrf **                              % section
            transport **                        % section
            ssl profile *                       % section
          management api http-commands          % section
            protocol **                         % shown
            vrf **                              % section
          management ssh                        % section
            idle-timeout ?                      % undo=full
            ip access-group ? in                % undo=full use=acl:1
            vrf *                               % section
          daemon *                              % section
          event-handler *                       % section
          event-monitor                         % section
          mlag configuration                    % section order=12
            domain-id ?                         % undo=full
            local-interface ?                   % undo=full
            peer-address ?                      % undo=full
            peer-address heartbeat ~            % undo=full
            peer-link ?                         % undo=full
            reload-delay ?                      % undo=full
            reload-delay mlag|non-mlag ?        % undo=full
          control-plane                         % section
          system control-plane                  % section
          monitor telemetry postcard policy     % section
          monitor connectivity                  % section
            host *                              % section
            interface set **
            vrf *                               % section
          ip security                           % section
            ike|sa policy *                     % section
            profile *                           % section
          mac security                          % section
            profile *                           % section
          dhcp server                           % section
            subnet *                            % section
          dhcp relay                            % section
          hardware tcam                         % section
            profile *                           % section
              feature **                        % section
          tap aggregation                       % section
          dot1x                                 % section
          redundancy                            % section
          cvx                                   % section
            service *                           % section
          stun                                  % section
          group **                              % section
          maintenance                           % section
            unit *                              % section
            profile **                          % section
          track * ~                             % undo=full renew
          ip route **                           % order=5
        """)
}
