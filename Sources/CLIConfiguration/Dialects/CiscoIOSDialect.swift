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
        noise version
        noise boot-start-marker
        noise boot-end-marker
        noise show running-config
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
          permit|deny|remark **                 % filter=entry ordered

        group interface-lines
          description ~                         % undo=key
          ip address                            % off
          ip address ? ?                        % claim=address:1 order=-5
          ip address * * secondary              % order=1
          vrf forwarding ?                      % order=-30 use=vrf:1 may-drop="ip address" may-drop="ipv6 address"
          ip vrf forwarding ?                   % order=-30 use=vrf:1 may-drop="ip address" may-drop="ipv6 address"
          encapsulation ~                       % undo=full order=-40
          switchport                            % shown order=-50
          switchport mode ?                     % undo=key order=-20
          switchport access vlan ?              % undo=key use=vlan:1
          switchport voice vlan ?               % undo=key
          switchport trunk encapsulation ?      % undo=key order=-25
          switchport trunk native vlan ?        % undo=key
          switchport trunk allowed vlan [add] ~ % ranges=add undo=key
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
          channel-group ? ~                     % undo="no channel-group"
          tunnel source|destination|mode ~      % undo=key
          ip tcp adjust-mss ?                   % undo=key
          standby # ip ?                        % undo=key order=-1

        group bgp-neighbor
          neighbor * remote-as ?                % order=-20 undo=full drop-no="neighbor $1"
          neighbor * peer-group                 % order=-30
          neighbor * peer-group ?               % order=-10 undo=full
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
          username * ~                          % undo=key
          aaa new-model                         % off order=-90
          aaa authentication * * ~              % undo=full
          aaa authorization commands * * ~      % undo=full
          aaa authorization * * ~               % undo=full
          snmp-server location|contact ~        % undo=key
          snmp-server community * ~             % undo=key secret=1
          ip domain name ~                      % undo=full
          ip domain-name ~                      % undo=full
          logging buffered ~                    % undo=key
          logging trap ?                        % undo=key
          logging source-interface ?            % undo=key
          clock timezone ~                      % undo=key
          spanning-tree mode ?                  % undo=key
          spanning-tree vlan ? priority *       % ranges=1
          spanning-tree vlan ?                  % ranges=1 shown
          vlan *                                % section expand order=-40 def=vlan:1
            name ?                              % undo=key
          vlan internal allocation policy ?     % undo=full
          vrf definition *                      % section order=-50 def=vrf:1
            rd ?                                % undo=full order=-10
            address-family **                   % section exit=exit-address-family
          ip vrf *                              % section order=-50 def=vrf:1
            rd ?                                % undo=full order=-10
          interface *                           % section remove=children vanishes order=-5 virtual=loopback,tunnel,vlan,port-channel,bdi,bvi,dialer,virtual-,nve,multilink,vasi,.
            use interface-lines
          ip access-list extended|standard *    % numbered order=-20 def=acl:1 filter=acl
            use entries
          ipv6 access-list *                    % section order=-20 def=acl:1 filter=acl
            sequence # ~                        % renew undo=key
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
          class-map match-any|match-all *       % section order=-18 def=class-map:1
            match access-group name ?           % undo=full use=acl:1
          policy-map *                          % section order=-16 def=policy-map:1
            class class-default                 % section order=20
            class *                             % section ordered use=class-map:1
              service-policy ?                  % undo=full use=policy-map:1
          crypto pki certificate chain *        % section
            certificate **                      % until=quit
          key chain *                           % section order=-20
            key #                               % section
              key-string ~                      % undo=full secret=1
          router bgp ?                          % section renew order=20
            bgp router-id ?                     % undo=full order=-40
            use bgp-neighbor
            address-family **                   % section exit=exit-address-family order=10
              use bgp-neighbor
          router ospf *                         % section order=10
            router-id ?                         % undo=full order=-40
            auto-cost reference-bandwidth ?     % undo=full
          router ospf * vrf *                   % section order=10
            router-id ?                         % undo=full order=-40
          router eigrp *                        % section order=10
            address-family **                   % section exit=exit-address-family
          line con|aux #                        % section vanishes remove=children order=40
            exec-timeout ? ?                    % undo="no exec-timeout"
          line vty # #                          % section vanishes remove=children order=40
            access-class ? in                   % undo=full use=acl:1
            transport input **                  % undo=full
            exec-timeout ? ?                    % undo="no exec-timeout"
          snmp-server user * ~                  % undo=full
          ip route **                           % order=5
        """)
}
