extension DialectSource {
    /// Cisco IOS-XR.
    static let ciscoIOSXR = DialectSource(
        "cisco_iosxr",
        """
        syntax indented
        negation no
        comment !
        noise Building configuration...
        noise show running-config
        noise RP/0/
        noise Mon
        noise Tue
        noise Wed
        noise Thu
        noise Fri
        noise Sat
        noise Sun
        noise end
        setting commit candidate
        exit exit
        exit root
        exit end
        exit end-policy
        exit end-set
        exit end-policy-map
        exit end-class-map
        exit end-group
        exit end-template
        abbreviate Gi GigabitEthernet
        abbreviate Te TenGigE
        abbreviate Hu HundredGigE
        abbreviate Lo Loopback
        abbreviate BE Bundle-Ether

        rules
          hostname ?                            % undo=key order=-100
          domain name ?                         % undo=full
          banner motd|login|exec|incoming|prompt-timeout|slip-ppp ~ % opaque undo=key
          username *                            % section
            secret ~                            % undo=full secret=1
            password ~                          % undo=full secret=1
            group *                             % undo=full
          vrf *                                 % section order=-50 def=vrf:1
            address-family **                   % section
              import|export route-target        % section
          clock timezone ~                      % undo=full
          interface *                           % section vanishes order=-5 virtual=loopback,bundle,bvi,tunnel,nve,null,.
            description ~                       % undo=key
            mtu ?                               % undo=full
            vrf ?                               % undo=full order=-30 use=vrf:1
            ipv4 address ? ?                    % undo=full order=-5
            ipv4 address ?                      % undo=full order=-5
            ipv4 address * * secondary          % order=1
            encapsulation dot1q ?               % undo=full order=-40
            bandwidth ?                         % undo=full
            shutdown                            % off order=30
            service-policy input|output ?       % undo=full use=policy-map:1
          interface * l2transport               % section order=-5
          interface preconfigure *              % section order=-5
          route-policy **                       % block=end-policy order=-15 def=route-policy:1 filter=route-policy
          prefix-set *                          % block=end-set order=-20
          as-path-set *                         % block=end-set order=-20
          community-set *                       % block=end-set order=-20
          extcommunity-set **                   % block=end-set order=-20
          rd-set *                              % block=end-set order=-20
          large-community-set *                 % block=end-set order=-20
          ipv4|ipv6 access-list *               % numbered order=-20 def=acl:1 filter=acl
            # ~                                 % undo=key filter=entry
            permit|deny|remark **               % filter=entry ordered
          ipv4|ipv6 prefix-list *               % numbered order=-20 filter=prefix-list
            # ~                                 % undo=key filter=entry
          class-map match-any|match-all *       % section exit=end-class-map order=-18 def=class-map:1
          policy-map *                          % section exit=end-policy-map order=-16 def=policy-map:1
            class class-default                 % section order=20
            class *                             % section ordered
          group *                               % section exit=end-group order=-60
          router static                         % section
            address-family **                   % section
            vrf *                               % section
              address-family **                 % section
          router bgp ?                          % section renew order=20
            bgp router-id ?                     % undo=full order=-40
            address-family **                   % section order=-10
            af-group * address-family **        % section order=-7
              route-policy ? in|out             % undo=full use=route-policy:1
            session-group *                     % section order=-7
              remote-as ?                       % undo=full order=-20
            neighbor-group *                    % section order=-5
              remote-as ?                       % undo=full order=-20
              description ~                     % undo=full
              address-family **                 % section
                route-policy ? in|out           % undo=full use=route-policy:1
            neighbor *                          % section
              remote-as ?                       % undo=full order=-20
              description ~                     % undo=full
              address-family **                 % section
                route-policy ? in|out           % undo=full use=route-policy:1
            vrf *                               % section order=5
              rd ?                              % undo=full
              address-family **                 % section order=-10
              neighbor *                        % section
                remote-as ?                     % undo=full order=-20
                description ~                   % undo=full
                address-family **               % section
                  route-policy ? in|out         % undo=full use=route-policy:1
          router ospf *                         % section order=10
            router-id ?                         % undo=full order=-40
            area *                              % section
              interface *                       % section
                cost ?                          % undo=full
          router isis *                         % section order=10
            interface *                         % section
              address-family **                 % section
          line console|default                  % section vanishes remove=children order=40
        """)
}
