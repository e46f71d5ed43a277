extension DialectSource {
    /// Cisco NX-OS.
    static let ciscoNXOS = DialectSource(
        "cisco_nxos",
        """
        syntax indented
        negation no
        setting guard:authentication >aaa_authentication_login >username >tacacs-server_host >radius-server_host aaa_group_server>server line_vty>access-class
        setting guard:management >ip_route_0.0.0.0/0 vrf_context_management>ip_route_0.0.0.0/0 interface_mgmt0>ip_address
        comment !
        noise version
        noise Building configuration...
        noise show running-config
        noise end
        exit exit
        exit end
        abbreviate Eth Ethernet
        abbreviate Lo loopback
        abbreviate Po port-channel
        abbreviate Vl Vlan
        abbreviate mgmt mgmt

        group entries
          # ~                                   % renew undo=key filter=entry
          permit|deny|remark **                 % filter=entry ordered

        group bgp-peer
          remote-as ?                           % undo=full order=-20
          inherit peer ?                        % undo=full order=-18
          inherit peer-session ?                % undo=full order=-18
          description ~                         % undo=full
          update-source ?                       % undo=full
          ebgp-multihop ?                       % undo=full
          local-as ~                            % undo=full
          timers ? ?                            % undo=full
          password ~                            % undo="no password" secret=1
          shutdown                              % off
          address-family **                     % section
            route-map ? in|out                  % undo=full use=route-map:1
            prefix-list ? in|out                % undo=full use=prefix-list:1
            filter-list ? in|out                % undo=full
            maximum-prefix ~                    % undo=full
            weight ?                            % undo=full

        group bgp-instance
          router-id ?                           % undo=full order=-40
          cluster-id ?                          % undo=full order=-39
          address-family **                     % section order=-10
            maximum-paths ?                     % undo=full
            maximum-paths ibgp ?                % undo=full
            redistribute * route-map ?          % undo=full use=route-map:2
            redistribute * * route-map ?        % undo=full use=route-map:3
          neighbor **                           % section
            use bgp-peer
          neighbor * remote-as ?                % section undo=full
            use bgp-peer

        group interface-lines
          description ~                         % undo=key
          switchport                            % shown order=-50 may-drop="ip address" may-drop="ipv6 address"
          switchport mode ?                     % undo=key order=-20
          switchport access vlan ?              % undo=key use=vlan:1
          switchport trunk native vlan ?        % undo=key
          switchport trunk allowed vlan [add] ~ % ranges=add undo="no switchport trunk allowed vlan"
          vrf member ?                          % order=-30 use=vrf:1 may-drop="ip" may-drop="ipv6" may-drop="hsrp" may-drop="fabric"
          ip address ?                          % order=-5 claim=subnet:1
          ip address ? tag ?                    % undo=full claim=subnet:1
          ip address * secondary                % order=1 claim=subnet:1
          ip address * secondary tag *          % order=1 claim=subnet:1
          encapsulation dot1q ?                 % undo=full order=-40 claim=^vid:1 may-drop="ip address" may-drop="ipv6 address"
          mtu ?                                 % undo=full order=-10
          speed ?                               % undo=full
          duplex ?                              % undo=full
          bandwidth ?                           % undo=full
          shutdown                              % shown order=30 mark=both off-beside="no switchport,ip address,ipv6 address,interface Vlan"
          ip access-group ? in|out              % undo=full use=acl:1
          ipv6 traffic-filter ? in|out          % undo=full use=acl:1
          ip port access-group ? in             % undo=full use=acl:1
          ip policy route-map ?                 % undo=full use=route-map:1
          channel-group # ~                     % renew undo="no channel-group $1" order=25
          service-policy input|output ?         % undo=full renew use=policy-map:1
          service-policy type qos input|output ? % undo=full renew use=policy-map:1
          service-policy **                     % undo=full
          ip ospf cost ?                        % undo=full
          ip ospf hello-interval ?              % undo=full
          ip ospf dead-interval ?               % undo=full
          ip ospf priority ?                    % undo=full
          ip ospf network ?                     % undo=full
          load-interval counter # ?             % undo=full
          spanning-tree cost ?                  % undo=full
          spanning-tree port-priority ?         % undo=full
          storm-control * level ?               % undo=full
          vpc ?                                 % undo=full
          hsrp version ?                        % undo=full order=4
          hsrp # [ipv4|ipv6]                    % section order=5
            ip ?                                % undo=full order=-5
            priority ?                          % undo=full
            authentication ~                    % undo=full secret=1
          vrrp #                                % section order=5
          vrrpv3 # address-family ipv4|ipv6     % section order=5
          global ingress-replication protocol bgp
          source-interface ?                    % undo=full
          member vni **                         % section order=5
            ingress-replication protocol bgp    % order=5
            ingress-replication protocol static % section order=5
            mcast-group ~                       % undo=full

        rules
          hostname ?                            % undo=key order=-100
          switchname ?                          % undo=key order=-100
          feature *                             % order=-95
          feature * *                           % order=-95
          feature * * *                         % order=-95
          feature-set *                         % order=-96
          install feature-set *                 % order=-97
          nv overlay evpn                       % order=-94
          system default switchport             % shown order=-60
          system default switchport shutdown    % shown order=-59
          system vlan **                        % order=-60
          vtp mode ?                            % undo=full order=-60
          banner motd|exec ~                    % opaque undo=key
          username * password ~                 % mark=make-first undo="no username $1" secret=2 drop-no="username $1"
          snmp-server user * ~                  % undo=key
          snmp-server location|contact ~        % undo=key
          enable secret ~                       % undo=full secret=1
          ip domain-name ?                      % undo=full
          clock timezone ~                      % undo=key
          spanning-tree mode ?                  % undo=full
          spanning-tree vlan ? priority *       % ranges=1
          spanning-tree mst configuration       % section
            name ?                              % undo=full
            revision ?                          % undo=full
          role **                               % section order=-30
          vdc * id ?                            % section
          aaa group server tacacs+|radius|ldap * % section order=-30
          aaa authentication * * ~              % undo=full
          tacacs-server|radius-server host * key ~ % undo=full secret=2 order=-32
          tacacs-server|radius-server host **   % order=-32
          tacacs-server|radius-server key ~     % undo=full secret=1
          vrf context *                         % section order=-50 def=vrf:1
            vni ?                               % renew undo=full order=-10
            rd ?                                % undo=full
            ip|ipv6 route **
            ip|ipv6 pim **
            ip domain-name ?                    % undo=full
            ip domain-list *
            ip name-server **
            address-family **                   % section
          vlan 1                                % section vanishes remove=children order=-40
            name ?                              % undo=key claim=vlan-name:1
            vn-segment ?                        % renew undo=key claim=vni:1
          vlan *                                % section expand order=-40 def=vlan:1
            name ?                              % undo=key claim=vlan-name:1
            vn-segment ?                        % renew undo=key claim=vni:1
          vlan configuration **                 % section order=-30
            service-policy **                   % undo=full
          interface *                           % section remove=children vanishes order=-5 virtual=loopback,vlan,!vlan1,port-channel,tunnel,nve,bdi,.
            use interface-lines
          port-profile type **                  % section order=-7
            use interface-lines
          ip|ipv6|mac access-list *             % numbered order=-20 def=acl:1 filter=acl
            use entries
            statistics per-entry                % off
            fragments ?                         % undo=full
          arp access-list *                     % section order=-20 def=acl:1
          object-group ip|ipv6 address|port *   % section order=-22
          ip|ipv6 prefix-list * seq # ~         % list=1 def=prefix-list:1 renew undo=full order=-20 filter=prefix-list
          ip|ipv6 prefix-list * description ~   % list=1 undo=full order=-21
          ip as-path access-list * seq # ~      % list=1 renew undo=full order=-20
          ip community-list standard|expanded * seq # ~ % list=1 renew undo=full order=-20
          route-map * ? #                       % section list=1 def=route-map:1 undo=full order=-15 filter=route-map
            description ~                       % undo=full
            match ip address prefix-list **     % use=prefix-list:1*
            match ip address **                 % use=acl:1*
            match ipv6 address prefix-list **   % use=prefix-list:1*
            set local-preference ?              % undo=full
            set metric ?                        % undo=full
            set weight ?                        % undo=full
            set origin ?                        % undo=full
          class-map type * ? *                  % section renew mark=held order=-18 def=class-map:3
          class-map type * *                    % section renew order=-18 def=class-map:2
          class-map ? *                         % section renew mark=held order=-18 def=class-map:2
          class-map *                           % section renew order=-18 def=class-map:1
          policy-map **                         % section order=-16
            class class-default                 % section order=20
            class **                            % section ordered use=class-map:1
              police **                         % undo=full
              bandwidth ~                       % undo=full
          policy-map *                          % section order=-16 def=policy-map:1
            class class-default                 % section order=20
            class **                            % section ordered use=class-map:1
          policy-map type ? *                   % section order=-16 def=policy-map:2
            class class-default                 % section order=20
            class type * *                      % section ordered use=class-map:2
            class **                            % section ordered use=class-map:1
          system qos                            % section order=-4
            service-policy **                   % undo=full
          control-plane                         % section
            service-policy input|output ?       % undo=full renew use=policy-map:1
          key chain *                           % section order=-20
            key #                               % section
              key-string ~                      % undo="no key-string" secret=1
          router bgp ?                          % section renew order=20
            use bgp-instance
            template peer-policy|peer-session * % section order=-7 def=.template:1
              route-map ? in|out                % undo=full use=route-map:1
            template peer *                     % section order=-5 def=.template:1
              use bgp-peer
            vrf *                               % section order=5
              use bgp-instance
          router ospf|ospfv3 *                  % section order=10
            router-id ?                         % undo=full order=-40
            auto-cost reference-bandwidth ~     % undo=full
            address-family **                   % section
            vrf *                               % section
              router-id ?                       % undo=full order=-40
              auto-cost reference-bandwidth ~   % undo=full
              address-family **                 % section
          router isis *                         % section order=10
            net *                               % order=-30
            is-type ?                           % undo=full
            address-family **                   % section
            vrf *                               % section
              net *                             % order=-30
              address-family **                 % section
          router eigrp *                        % section order=10
            router-id ?                         % undo=full order=-40
            autonomous-system ?                 % undo=full order=-40
            address-family **                   % section
            vrf *                               % section
              router-id ?                       % undo=full order=-40
              address-family **                 % section
          router rip *                          % section order=10
            address-family **                   % section
            vrf *                               % section
              address-family **                 % section
          evpn                                  % section order=12
            vni * l2                            % section
              rd ?                              % undo=full order=-10
            esi **                              % section
          flow exporter|record|monitor *        % section order=-20
            version *                           % section
          sampler *                             % section order=-20
          ip sla schedule # ~                   % undo=key order=-4
          ip sla #                              % section order=-5 fixed-by="ip sla schedule $1" drop-no="ip sla schedule $1"
            icmp-echo|udp-echo|udp-jitter|tcp-connect ** % section
          track # ~                             % section renew order=-4
          event manager applet **               % section
          monitor session **                    % section
          telemetry                             % section
            destination-group|destination-profile|sensor-group|subscription ** % section
          scheduler job|schedule name *         % section
          macsec policy *                       % section order=-15
          crypto ca trustpoint *                % section
          ip dhcp pool *                        % section
          line console                          % section vanishes remove=children order=40
            exec-timeout ?                      % undo=full
          line vty                              % section vanishes remove=children order=40
            exec-timeout ?                      % undo=full
            session-limit ?                     % undo=full
            access-class ? in|out               % undo=full use=acl:1
            ip|ipv6 access-class ? in|out       % undo=full use=acl:1
          vpc domain ?                          % section renew order=-6
            peer-keepalive ~                    % undo=full
            role priority ?                     % undo=full
            system-priority ?                   % undo=full
            delay restore ?                     % undo=full
          boot nxos|kickstart|system ~          % undo=full
          ip route **                           % order=5
        """)
}
