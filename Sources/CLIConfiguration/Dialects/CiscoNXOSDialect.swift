extension DialectSource {
    /// Cisco NX-OS.
    static let ciscoNXOS = DialectSource(
        "cisco_nxos",
        """
        syntax indented
        negation no
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

        rules
          hostname ?                            % undo=key order=-100
          switchname ?                          % undo=key order=-100
          feature *                             % order=-95
          feature-set *                         % order=-96
          install feature-set *                 % order=-97
          banner motd|exec ~                    % opaque undo=key
          username * password ~                 % undo=full secret=2
          snmp-server user * ~                  % undo=key
          snmp-server location|contact ~        % undo=key
          enable secret ~                       % undo=full secret=1
          ip domain-name ?                      % undo=full
          clock timezone ~                      % undo=key
          spanning-tree mode ?                  % undo=full
          spanning-tree vlan ? priority *       % ranges=1
          vrf context *                         % section order=-50 def=vrf:1
            rd ?                                % undo=full
            address-family **                   % section
          vlan *                                % section expand order=-40 def=vlan:1
            name ?                              % undo=key
            vn-segment ?                        % undo=key
          interface *                           % section remove=children vanishes order=-5 virtual=loopback,vlan,port-channel,tunnel,nve,bdi,.
            description ~                       % undo=key
            switchport                          % shown order=-50
            switchport mode ?                   % undo=key order=-20
            switchport access vlan ?            % undo=key use=vlan:1
            switchport trunk native vlan ?      % undo=key
            switchport trunk allowed vlan [add] ~ % ranges=add undo=key
            vrf member ?                        % order=-30 use=vrf:1 may-drop="ip" may-drop="ipv6"
            ip address ?                        % order=-5 claim=address:1
            ip address ? tag ?                  % undo=full
            ip address * secondary              % order=1
            encapsulation dot1q ?               % undo=full order=-40
            mtu ?                               % undo=full order=-10
            speed ?                             % undo=full
            duplex ?                            % undo=full
            bandwidth ?                         % undo=full
            shutdown                            % shown order=30 mark=both off-beside="no switchport,ip address,ipv6 address,interface Vlan"
            ip access-group ? in|out            % undo=full use=acl:1
            channel-group # ~                   % undo=full
            service-policy **                   % undo=full
            hsrp **                             % section
          ip|ipv6|mac access-list *             % numbered order=-20 def=acl:1 filter=acl
            use entries
            statistics per-entry                % off
          ip|ipv6 prefix-list * seq # ~         % list=1 def=prefix-list:1 renew undo=full order=-20 filter=prefix-list
          ip|ipv6 prefix-list * description ~   % list=1 undo=full order=-21
          route-map * ? #                       % section list=1 def=route-map:1 undo=full order=-15 filter=route-map
            description ~                       % undo=full
            match ip address prefix-list **     % use=prefix-list:1*
            match ip address **                 % use=acl:1*
            set local-preference ?              % undo=full
            set metric ?                        % undo=full
          class-map **                          % section order=-18
          policy-map **                         % section order=-16
            class class-default                 % section order=20
            class **                            % section ordered
          key chain *                           % section order=-20
            key #                               % section
          router bgp ?                          % section renew order=20
            router-id ?                         % undo=full order=-40
            address-family **                   % section order=-10
            template **                         % section order=-5
              address-family **                 % section
            neighbor **                         % section
              remote-as ?                       % undo=full order=-20
              description ~                     % undo=full
              address-family **                 % section
            vrf *                               % section order=5
              router-id ?                       % undo=full order=-40
              address-family **                 % section order=-10
              neighbor **                       % section
                remote-as ?                     % undo=full order=-20
                description ~                   % undo=full
                address-family **               % section
          router ospf *                         % section order=10
            router-id ?                         % undo=full order=-40
            vrf *                               % section
              router-id ?                       % undo=full order=-40
          line console                          % section vanishes remove=children order=40
          line vty                              % section vanishes remove=children order=40
          vpc domain ?                          % section order=-6
            peer-keepalive ~                    % undo=full
          ip route **                           % order=5
        """)
}
