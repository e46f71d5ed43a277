extension DialectSource {
    /// Cisco IOS and IOS-XE.
    static let ciscoIOS = DialectSource(
        "cisco_ios",
        """
        syntax indented
        negation no
        setting guard:authentication >aaa_authentication_login >username >tacacs_server >radius_server >tacacs-server_host >radius-server_host >enable_secret aaa_group_server>server line_vty>access-class line_vty>login line_vty>transport_input
        setting guard:management >ip_route_0.0.0.0 >ip_default-gateway
        setting trailing-number sequence
        comment !
        noise Building configuration...
        noise Current configuration :
        noise Using
        noise ntp clock-period
        noise version
        noise boot-start-marker
        noise boot-end-marker
        noise show running-config
        noise Load for five secs:
        noise Time source is
        noise end
        exit exit
        exit exit-address-family
        exit exit-vrf
        exit exit-af-interface
        exit exit-af-topology
        exit exit-service-family
        exit exit-sf-interface
        exit exit-sf-topology
        exit exit-peer-policy
        exit exit-peer-session
        exit exit-vrrp
        exit quit
        exit end
        abbreviate Gi GigabitEthernet
        abbreviate Gig GigabitEthernet
        abbreviate Fa FastEthernet
        abbreviate Te TenGigabitEthernet
        abbreviate Twe TwentyFiveGigE
        abbreviate Fo FortyGigabitEthernet
        abbreviate Hu HundredGigE
        abbreviate Eth Ethernet
        abbreviate Et Ethernet
        abbreviate Se Serial
        abbreviate Lo Loopback
        abbreviate Po Port-channel
        abbreviate Tu Tunnel
        abbreviate Vl Vlan

        group entries
          # ~                                   % renew undo=key filter=entry
          # remark **                           % undo=full filter=entry
          permit|deny|remark **                 % filter=entry ordered

        group interface-lines
          description ~                         % undo=key
          ip address                            % off
          ip address ? ?                        % claim=subnet:1,2 claim=host:1 order=-5
          ip address * * secondary              % order=1 claim=subnet:1,2 claim=host:1
          vrf forwarding ?                      % order=-30 use=vrf:1 may-drop="ip address" may-drop="ipv6"
          ip vrf forwarding ?                   % order=-30 use=vrf:1 may-drop="ip address" may-drop="ipv6"
          encapsulation ~                       % undo=full order=-40 may-drop="ip address" may-drop="ipv6 address"
          encapsulation dot1Q|dot1q ?           % undo=full order=-40 claim=^vid:1 may-drop="ip address" may-drop="ipv6 address"
          switchport                            % shown order=-50 may-drop="ip address" may-drop="ipv6 address"
          switchport mode ?                     % undo=key order=-20
          switchport access vlan ?              % undo=key use=vlan:1
          switchport voice vlan ?               % undo=key
          switchport trunk encapsulation ?      % undo=key order=-25
          switchport trunk native vlan ?        % undo=key
          switchport trunk allowed vlan [add] ~ % ranges=add undo="no switchport trunk allowed vlan"
          shutdown                              % off order=30
          mtu ?                                 % undo=key order=-10
          ip mtu ?                              % undo=key
          bandwidth ?                           % undo=key
          delay ?                               % undo=key
          speed ?                               % undo=key
          duplex ?                              % undo=key
          load-interval ?                       % undo=key
          ip ospf cost ?                        % undo=key
          ip ospf priority ?                    % undo=key
          ip ospf hello-interval ?              % undo=key
          ip ospf dead-interval ?               % undo=key
          ip ospf network ?                     % undo=key
          ip access-group ? in|out              % use=acl:1
          ipv6 traffic-filter ? in|out          % use=acl:1
          service-policy input|output ?         % undo=full renew use=policy-map:1
          ip policy route-map ?                 % use=route-map:1 undo=full
          channel-group ? ~                     % renew undo="no channel-group" order=25
          tunnel source|destination|mode ~      % undo=key
          ip tcp adjust-mss ?                   % undo=key
          standby # ip ?                        % undo=full order=-1
          standby # ip * secondary
          standby # priority ?                  % undo=full
          standby # timers ~                    % undo=full
          standby # authentication ~            % undo="no standby $1 authentication" secret=2
          standby version ?                     % undo=full order=-2
          vrrp # ip ?                           % undo=full order=-1
          vrrp # ip * secondary
          vrrp # priority ?                     % undo=full
          vrrp # address-family ipv4|ipv6       % section exit=exit-vrrp order=4
            priority ?                          % undo=full
          glbp # ip ?                           % undo=full order=-1
          glbp # priority ?                     % undo=full
          service-policy type * input|output ?  % undo=full renew
          service instance # ethernet           % section order=5
            encapsulation ~                     % undo=full order=-40
            bridge-domain ?                     % undo=full
          service instance # ethernet *         % section order=5
            encapsulation ~                     % undo=full order=-40
            bridge-domain ?                     % undo=full
          xconnect **                           % section order=5
          crypto map ?                          % undo=full
          tunnel protection ~                   % undo=full
          ip nhrp network-id ?                  % undo=full
          ip nhrp holdtime ?                    % undo=full
          ip nhrp authentication ?              % undo="no ip nhrp authentication" secret=1
          ip ospf authentication-key ~          % undo="no ip ospf authentication-key" secret=1
          ip ospf message-digest-key # md5 ~    % undo="no ip ospf message-digest-key $1" secret=2 renew
          ip ospf authentication ?              % undo=full
          storm-control * level ~               % undo=full
          spanning-tree cost ?                  % undo=full
          spanning-tree port-priority ?         % undo=full
          ip verify unicast source reachable-via ~ % undo=full
          ppp chap hostname ?                   % undo=full
          ppp chap password ~                   % undo="no ppp chap password" secret=1
          source-interface ?                    % undo=full
          member vni # vrf *                    % use=vrf:2

        group redistribution
          redistribute connected|static|rip     % renew
          redistribute connected|static|rip ~   % renew undo=key
          redistribute bgp|eigrp|ospf|ospfv3|isis * % renew
          redistribute bgp|eigrp|ospf|ospfv3|isis * ~ % renew undo=key
          default-information originate         % renew
          default-information originate ~       % renew undo=key

        group igp-lines
          router-id ?                           % undo=full order=-40
          auto-cost reference-bandwidth ?       % undo=full
          area * stub                           % renew
          area * stub ~                         % renew undo=key
          area * nssa                           % renew
          area * nssa ~                         % renew undo=key
          use redistribution

        group bgp-neighbor
          neighbor * remote-as ?                % order=-20 claim=host:1 undo=full drop-no="neighbor $1" unless="neighbor $1 peer-group"
          neighbor * peer-group                 % order=-30 def=.peer-group:1 drop-no="neighbor $1"
          neighbor * peer-group ?               % renew claim=host:1 order=-10 undo=full drop-no="neighbor $1" unless="neighbor $1 remote-as"
          neighbor * inherit peer-session|peer-policy ? % order=-8 undo=full
          neighbor * maximum-prefix ~           % undo=full
          neighbor * timers ~                   % undo=full
          neighbor * ebgp-multihop ?            % undo=full
          neighbor * local-as ~                 % undo=full
          neighbor * weight ?                   % undo=full
          neighbor * allowas-in ?               % undo=full
          neighbor * unsuppress-map ?           % undo=full use=route-map:2
          neighbor * default-originate route-map ? % undo=full use=route-map:2
          neighbor * distribute-list ? in|out   % undo=full use=acl:2
          neighbor * description ~              % undo=full
          neighbor * update-source ?            % undo=full
          neighbor * activate                   % shown order=-9
          neighbor * route-map ? in|out         % undo=full use=route-map:2
          neighbor * prefix-list ? in|out       % undo=full use=prefix-list:2
          neighbor * filter-list ? in|out       % undo=full
          neighbor * password ? ?               % secret=3 undo="no neighbor $1 password"
          neighbor * password ?                 % secret=2 undo="no neighbor $1 password"

        rules
          hostname ?                            % undo=key order=-100
          banner motd|login|exec|incoming|slip-ppp|prompt-timeout ~ % opaque undo=key
          enable secret ~                       % undo=key secret=1
          enable password ~                     % undo=key secret=1
          enable secret level # ~               % undo=key secret=2
          enable password level # ~             % undo=key secret=2
          alias * * ~                           % undo=key
          vtp mode ~                            % undo=full order=-60
          vtp domain ?                          % undo=full order=-59
          ip routing                            % shown order=-48
          ipv6 unicast-routing                  % order=-48
          macro name *                          % until=@ undo=full
          username * ~                          % undo=key order=-92 mark=make-first staying="privilege secret password nopassword view autocommand access-class one-time"
          aaa new-model                         % off order=-90
          aaa authentication * * ~              % undo=full
          aaa authorization commands * * ~      % undo=full
          aaa authorization * * ~               % undo=full
          aaa accounting commands # *           % section renew
          aaa accounting commands # * ~         % renew undo=full
          snmp-server location|contact ~        % undo=key
          snmp-server community * ~             % undo=key secret=1
          ip domain name ~                      % undo=full
          ip domain name vrf * ?                % undo=full
          ip domain-name vrf * ?                % undo=full
          ip domain-name ~                      % undo=full
          logging buffered ~                    % undo=key
          logging buffered|console|monitor xml ~ % undo=key
          logging trap ?                        % undo=key
          logging console|monitor ?             % undo=key shown
          logging facility ?                    % undo=key
          logging source-interface ?            % undo=full
          logging source-interface ? vrf *      % undo=full
          clock timezone ~                      % undo=key
          spanning-tree mode ?                  % undo=key
          spanning-tree vlan ? priority *       % ranges=1
          spanning-tree vlan ?                  % ranges=1 shown
          vlan *                                % section expand order=-40 def=vlan:1
            name ?                              % undo=key claim=vlan-name:1
          vlan internal allocation policy ?     % undo=full
          vlan configuration **                 % section order=-30
            member evpn-instance # ~            % undo=full use=evi:1
          vrf definition *                      % section order=-50 def=vrf:1
            rd ?                                % renew undo=full order=-10
            vnid ?                              % undo=full
            address-family **                   % section exit=exit-address-family
          ip vrf *                              % section order=-50 def=vrf:1
            rd ?                                % renew undo=full order=-10
          interface *                           % section remove=children vanishes order=-5 virtual=loopback,tunnel,vlan,!vlan1,port-channel,bdi,bvi,dialer,virtual-,nve,multilink,vasi,.
            use interface-lines
          ip access-list extended|standard *    % numbered order=-20 def=acl:1 claim=acl:1 filter=acl
            use entries
          ipv6 access-list *                    % numbered=sequence order=-20 def=acl:1 filter=acl
            sequence # ~                        % renew undo=key filter=entry
            permit|deny|remark|evaluate **      % filter=entry ordered
          access-list * **                      % whole list=1 def=acl:1 undo="no access-list $1" order=-20 filter=acl
          ip prefix-list * seq # ~              % list=1 def=prefix-list:1 renew undo=full order=-20 filter=prefix-list
          ipv6 prefix-list * seq # ~            % list=1 def=prefix-list:1 renew undo=full order=-20 filter=prefix-list
          ip prefix-list * description ~        % list=1 undo=full order=-21
          route-map * ? #                       % section list=1 def=route-map:1 undo=full order=-15 filter=route-map
            description ~                       % undo=key
            match ip address prefix-list **     % use=prefix-list:1*
            match ip address **                 % use=acl:1*
            set local-preference ?              % undo=full
            set metric ?                        % undo=full
          class-map ? *                         % section renew mark=held order=-18 def=class-map:2
            match access-group name *           % use=acl:1
          class-map *                           % section renew order=-18 def=class-map:1
            match access-group name *           % use=acl:1
          class-map type * ? *                  % section renew mark=held order=-18 def=class-map:3
          class-map type * *                    % section renew order=-18 def=class-map:2
          policy-map *                          % section order=-16 def=policy-map:1
            class class-default                 % section order=20
              police **                         % order=-1
              service-policy ?                  % renew undo=full use=policy-map:1
            class *                             % section ordered use=class-map:1
              police **                         % order=-1
              service-policy ?                  % renew undo=full use=policy-map:1
              bandwidth|priority|shape ~        % undo=full
          policy-map type * *                   % section order=-16 def=policy-map:2
            class class-default                 % section order=20
            class type * *                      % section ordered use=class-map:2
            class **                            % section ordered
          parameter-map type **                 % section order=-19
          table-map *                           % section order=-19
          zone security *                       % section order=-12
          zone-pair security * source * destination * % section order=6
            service-policy type * ?             % undo=full renew use=policy-map:2
          object-group network|service|security|v4-network|v6-network|v4-service|v6-service * % section order=-22
          mac access-list extended *            % section order=-20 def=acl:1
            permit|deny **                      % ordered
          ip as-path access-list * **           % list=1 ordered=mixed order=-20
          ip community-list standard|expanded * ** % list=1 ordered=mixed order=-20
          ip extcommunity-list standard|expanded * ** % list=1 ordered=mixed order=-20
          ip community-list # **                % list=1 ordered=mixed order=-20
          ip extcommunity-list # **             % list=1 ordered=mixed order=-20
          flow record|exporter|monitor *        % section order=-20
          sampler *                             % section order=-21
          crypto isakmp policy #                % section order=-14
            encryption|encr|hash|authentication|group|lifetime ~ % undo=full
          crypto isakmp profile *               % section order=-11
          crypto isakmp key ? address **        % renew undo=full
          crypto keyring **                     % section order=-13
          crypto ikev2 proposal|policy|keyring|profile * % section order=-13
            peer *                              % section
          crypto ipsec transform-set * ~        % section renew order=-13
          crypto ipsec profile *                % section order=-10
            set transform-set ~                 % undo=full
          crypto dynamic-map * #                % section order=-9
          crypto map * # ipsec-isakmp dynamic ? % undo=full order=-8
          crypto map * # **                     % section order=-8
            match address ?                     % undo=full use=acl:1
          crypto pki trustpoint *               % section order=-6
          crypto pki certificate chain *        % section
            certificate **                      % until=quit
          control-plane                         % section
            service-policy input|output ?       % undo=full renew use=policy-map:1
          control-plane host                    % section
          redundancy                            % section
            mode ?                              % undo=full
          archive                               % section
            log config                          % section
            path ~                              % undo=full
            maximum ?                           % undo=full
          aaa group server radius|tacacs+|ldap * % section order=-30
          radius|tacacs server *                % section order=-31
            address ipv4|ipv6 ~                 % undo=full order=-10
            key ~                               % undo="no key" secret=1
            timeout ?                           % undo=full
          tacacs-server|radius-server key ~     % undo=key secret=1
          tacacs-server|radius-server host **   % order=-32
          ip dhcp pool *                        % section
            default-router ~                    % undo=full
            dns-server ~                        % undo=full
            domain-name ?                       % undo=full
            lease ~                             % undo=full
            network ? ?                         % undo=full
          ipv6 dhcp pool *                      % section
          ip sla schedule # ~                   % undo=key order=-4
          ip sla #                              % section order=-5 fixed-by="ip sla schedule $1" drop-no="ip sla schedule $1"
            icmp-echo|udp-jitter|udp-echo|tcp-connect|path-echo|http|dns|dhcp ** % section
          track # ~                             % section renew order=-4
          event manager applet **               % section
          spanning-tree mst configuration       % section
            name ?                              % undo=full
            revision ?                          % undo=full
          monitor session # type *              % section
            destination                         % section
          l2vpn evpn                            % section
          l2vpn evpn instance # **              % section order=-32 def=evi:1
          l2vpn xconnect context *              % section
            member *                            % section
          l2 vfi * *                            % section
          pseudowire-class *                    % section order=-10
          bridge-domain #                       % section
          ip explicit-path name *               % section
          ip explicit-path name * enable        % section
          device-tracking policy *              % section order=-10
          ip ssh pubkey-chain                   % section
            username *                          % section
          voice **
          dial-peer **
          controller **                         % section remove=children vanishes
          call-home                             % section
            profile *                           % section
          stackwise-virtual                     % section
          template *                            % section order=-10
          service-template *                    % section order=-10
          telemetry ietf subscription #         % section
          telemetry **
          segment-routing mpls                  % section
            connected-prefix-sid-map            % section
              address-family **                 % section exit=exit-address-family
          mpls label range ~                    % undo=full
          app-hosting appid *                   % section
          key chain *                           % section order=-20
            key #                               % section
              key-string ~                      % undo=full secret=1
          router bgp ?                          % section renew order=20
            bgp router-id ?                     % undo=full order=-40
            bgp default ipv4-unicast            % shown order=-45
            template peer-policy *              % section exit=exit-peer-policy order=-35 def=.peer-policy:1
              route-map ? in|out                % undo=full use=route-map:1
            template peer-session *             % section exit=exit-peer-session order=-35 def=.peer-session:1
              remote-as ?                       % undo=full
            use bgp-neighbor
            use redistribution
            address-family **                   % section exit=exit-address-family order=10
              use bgp-neighbor
              use redistribution
          router ospf *                         % section order=10 claim=ospf:1
            use igp-lines
          router ospf * vrf *                   % section order=10 claim=ospf:1
            use igp-lines
          router ospfv3 *                       % section order=10
            use igp-lines
            address-family **                   % section exit=exit-address-family
              use igp-lines
          ipv6 router ospf|rip|eigrp *          % section order=10
            use igp-lines
          router eigrp *                        % section order=10
            eigrp router-id ?                   % undo=full order=-40
            use redistribution
            address-family **                   % section exit=exit-address-family
              eigrp router-id ?                 % undo=full order=-40
              af-interface *                    % section exit=exit-af-interface
              topology base                     % section exit=exit-af-topology
                use redistribution
            service-family **                   % section exit=exit-service-family
              sf-interface *                    % section exit=exit-sf-interface
              topology base                     % section exit=exit-sf-topology
          router isis                           % section order=10
            use redistribution
            net *                               % order=-30
            is-type ?                           % undo=full
            metric-style ?                      % undo=full
            address-family **                   % section exit=exit-address-family
          router isis *                         % section order=10
            use redistribution
            net *                               % order=-30
            is-type ?                           % undo=full
            metric-style ?                      % undo=full
            address-family **                   % section exit=exit-address-family
          router rip                            % section order=10
            version ?                           % undo=full order=-40
            address-family **                   % section exit=exit-address-family
          router lisp                           % section order=10
          line con|aux|tty #                    % section vanishes remove=children order=40
            exec-timeout ? ?                    % undo="no exec-timeout"
          line #                                % section vanishes remove=children order=40
          line # #                              % section vanishes remove=children order=40
          line vty #                            % section vanishes remove=children order=40
            access-class ? in|out [vrf-also]    % undo=full use=acl:1
            ipv6 access-class ? in|out          % undo=full use=acl:1
            transport input **                  % undo=full
            exec-timeout ? ?                    % undo="no exec-timeout"
          line vty # #                          % section vanishes remove=children order=40
            access-class ? in|out [vrf-also]    % undo=full use=acl:1
            ipv6 access-class ? in|out          % undo=full use=acl:1
            transport input **                  % undo=full
            exec-timeout ? ?                    % undo="no exec-timeout"
          snmp-server user * ~                  % undo=full
          ip route **                           % order=5
        """)
}
