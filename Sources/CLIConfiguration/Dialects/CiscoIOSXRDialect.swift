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
        setting closing-mark !
        setting leaf-words nsr nsf point-to-point passive suppressed next-hop-self route-reflector-client as-override ttl-security send-community-ebgp send-extended-community-ebgp shutdown preempt nssa stub default-originate multipath graceful-restart proxy-arp authenticate cdp secondary
        setting section-words interface address-family neighbor vrf area class police group policy profile peer server session-group neighbor-group af-group location controller evi vni instance routed service-layer locator template preference key subscription segment-list tls redundancy dynamic encapsulation level
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

        group flat-interface
          interface *                           % section

        group ospf-area
          area *                                % section
            authentication ~                    % undo=full
            default-cost ?                      % undo=full
            interface *                         % section
              authentication ~                  % undo=full
              cost ?                            % undo=full
              network ?                         % undo=full
              priority|hello-interval|dead-interval|retransmit-interval|transmit-delay ? % undo=full
              authentication-key ~              % undo=full secret=1
              message-digest-key # md5 ~        % undo="no message-digest-key $1" secret=2 renew
            virtual-link *                      % section
            multi-area-interface *              % section
            sham-link **                        % section

        group ospf-lines
          router-id ?                           % undo=full order=-40
          log adjacency changes
          auto-cost reference-bandwidth ?       % undo=full
          use ospf-area
          vrf *                                 % section
            router-id ?                         % undo=full order=-40
            use ospf-area

        group bgp-family
          route-policy ? in|out                 % undo=full use=route-policy:1
          default-originate route-policy ?      % undo=full use=route-policy:1
          weight ?                              % undo=full
          allowas-in ?                          % undo=full
          vrf all                               % section
          segment-routing srv6                  % section

        group bgp-peer
          remote-as ?                           % undo=full order=-20
          description ~                         % undo=full
          update-source ?                       % undo=full
          password ~                            % undo="no password" secret=1
          ebgp-multihop ?                       % undo=full
          timers ? ?                            % undo=full
          local-as ~                            % undo=full
          address-family **                     % section
            use bgp-family

        group bgp-own-family
          network * route-policy ?              % undo=full use=route-policy:2
          network **
          redistribute * route-policy ?         % undo=full use=route-policy:2
          redistribute **
          vrf all                               % section
          segment-routing srv6                  % section

        group interface-lines
          description ~                       % undo=key
          mtu ?                               % undo=full
          vrf ?                               % undo=full order=-30 use=vrf:1 may-drop="ipv4 address" may-drop="ipv6 address" mark=bare-change
          ipv4 address ? ?                    % undo=full order=-5
          ipv4 address ?                      % undo=full order=-5
          ipv4 address * * secondary          % order=1
          ipv4|ipv6 access-group ? ingress|egress % undo=full use=acl:1
          encapsulation dot1q ?               % undo=full order=-40
          bandwidth ?                         % undo=full
          shutdown                            % off order=30
          service-policy input|output ?       % undo=full use=policy-map:1
          bundle id ? mode ?                  % undo=full order=25
          load-interval ?                     % undo=full
          l2transport                         % section order=5
          frequency synchronization           % section order=6
          ptp                                 % section order=6
          lldp                                % section order=6
            destination mac-address           % section
          mpls                                % section order=6
          ethernet cfm                        % section order=6
          autoroute announce                  % section order=6
          cdp                                 % off

        group key-lines
          key *                                 % section
            key-string ~                        % undo="no key-string" secret=1

        rules
          hostname ?                            % undo=key order=-100
          domain name ?                         % undo=full
          banner motd|login|exec|incoming|prompt-timeout|slip-ppp ~ % opaque undo=key
          username *                            % section
            secret ~                            % undo=full secret=1
            password ~                          % undo=full secret=1
            group *                             % undo=full
          usergroup|taskgroup *                 % section order=-60
          tacacs-server|radius-server host **   % section
            key ~                               % undo="no key" secret=1
          tacacs-server|radius-server key ~     % undo=key secret=1
          aaa group server tacacs+|radius *     % section order=-10
            server-private **                   % section
              key ~                             % undo="no key" secret=1
          aaa authentication|authorization|accounting * * ~ % undo=full
          snmp-server community * ~             % undo=key secret=1
          snmp-server location|contact ~        % undo=key
          snmp-server vrf *                     % section
          ntp                                   % section
            interface **                        % section
          vrf *                                 % section order=-50 def=vrf:1
            address-family **                   % section
              import|export route-target        % section
              import route-policy ?             % undo=full use=route-policy:1
              export route-policy ?             % undo=full use=route-policy:1
          clock timezone ~                      % undo=full
          interface *                           % section vanishes order=-5 virtual=loopback,bundle,bvi,tunnel,nve,null,.
            use interface-lines
          interface * l2transport               % section order=-5
            service-policy input|output ?       % undo=full use=policy-map:1
          interface preconfigure *              % section vanishes order=-5
            use interface-lines
          controller **                         % section
          route-policy **                       % block=end-policy order=-15 def=route-policy:1 filter=route-policy
          prefix-set *                          % block=end-set set order=-20
          as-path-set *                         % block=end-set set order=-20
          community-set *                       % block=end-set set order=-20
          extcommunity-set **                   % block=end-set set order=-20
          rd-set *                              % block=end-set set order=-20
          large-community-set *                 % block=end-set set order=-20
          object-group network|port **          % section order=-22
          ipv4|ipv6 access-list *               % numbered order=-20 def=acl:1 filter=acl
            # ~                                 % undo=key filter=entry
            permit|deny|remark **               % filter=entry ordered
          ipv4|ipv6 prefix-list *               % numbered order=-20 filter=prefix-list
            # ~                                 % undo=key filter=entry
            permit|deny|remark **               % filter=entry ordered
          class-map ? *                         % section renew exit=end-class-map order=-18 def=class-map:2
          class-map type * ? *                  % section renew exit=end-class-map order=-18 def=class-map:3
          class-map type **                     % section exit=end-class-map order=-18
          policy-map *                          % section exit=end-policy-map order=-16 def=policy-map:1
            class class-default                 % section order=20
              police **                         % section
              service-policy ?                  % undo=full use=policy-map:1
            class *                             % section ordered use=class-map:1
              police **                         % section
              service-policy ?                  % undo=full use=policy-map:1
          policy-map type **                    % section exit=end-policy-map order=-16
            class class-default                 % section order=20
            class **                            % section ordered
          group *                               % section exit=end-group order=-60
          key chain *                           % section order=-20
            use key-lines
            macsec                              % section
          router static                         % section
            address-family **                   % section
            vrf *                               % section
              address-family **                 % section
          router bgp ?                          % section renew order=20
            bgp router-id ?                     % undo=full order=-40
            bgp cluster-id ?                    % undo=full order=-39
            address-family **                   % section order=-10
              use bgp-own-family
            af-group * address-family **        % section order=-7
              use bgp-family
            session-group *                     % section order=-7
              use bgp-peer
            neighbor-group *                    % section order=-5
              use bgp-peer
            neighbor *                          % section
              use bgp-peer
            rpki server *                       % section
            bmp server *                        % section
            vrf *                               % section order=5
              rd ?                              % undo=full order=-20
              bgp router-id ?                   % undo=full order=-40
              address-family **                 % section order=-10
                use bgp-own-family
              neighbor *                        % section
                use bgp-peer
          router ospf *                         % section order=10
            use ospf-lines
          router ospfv3 *                       % section order=10
            use ospf-lines
          router isis *                         % section order=10
            is-type ?                           % undo=full
            net *                               % order=-30
            address-family **                   % section
              segment-routing srv6              % section
                locator *                       % section
            interface *                         % section
              circuit-type ?                    % undo=full
              address-family **                 % section
          router rip                            % section order=10
            use flat-interface
            vrf *                               % section
              use flat-interface
          router eigrp *                        % section order=10
            address-family **                   % section
              use flat-interface
            vrf *                               % section
              address-family **                 % section
                use flat-interface
          router pim|igmp|mld|msdp              % section order=10
            address-family **                   % section
              use flat-interface
            use flat-interface
            peer *                              % section
            vrf *                               % section
              address-family **                 % section
                use flat-interface
              use flat-interface
          router hsrp|vrrp                      % section order=10
            interface *                         % section
              address-family **                 % section
                hsrp|vrrp **                    % section
          multicast-routing                     % section order=10
            address-family **                   % section
              use flat-interface
            vrf *                               % section
              address-family **                 % section
                use flat-interface
          mpls ldp                              % section order=12
            router-id ?                         % undo=full order=-40
            address-family **                   % section
              discovery targeted-hello          % section
              label                             % section
            discovery                           % section
            log                                 % section
            label                               % section
            interface *                         % section
              address-family **                 % section
            vrf *                               % section
              address-family **                 % section
              interface *                       % section
                address-family **               % section
          mpls oam                              % section
          mpls traffic-eng                      % section order=12
            use flat-interface
            auto-tunnel **                      % section
          rsvp                                  % section order=12
            use flat-interface
          l2vpn                                 % section order=15
            logging                             % section
            pw-class *                          % section order=-10
              encapsulation mpls                % section
            bridge group *                      % section
              bridge-domain *                   % section
                interface *                     % section
                routed interface *              % section
                evi *                           % section
                neighbor **                     % section
                  pw-class ?                    % undo=full
                vfi *                           % section
                  neighbor **                   % section
                    pw-class ?                  % undo=full
                member vni *                    % section
                mac                             % section
            xconnect group *                    % section
              p2p *                             % section
                interface *
                neighbor **                     % section
                  pw-class ?                    % undo=full
              mp2mp *                           % section
          evpn                                  % section order=15
            bgp                                 % section
            timers                              % section
            group *                             % section
            interface *                         % section
              ethernet-segment                  % section
              timers                            % section
            evi *                               % section
              bgp                               % section
              advertise-mac                     % section
              control-word-disable
              etree                             % section
            source interface ?                  % undo=full
          bridge **                             % section
          segment-routing                       % section order=12
            mpls                                % section
            traffic-eng                         % section
              segment-list *                    % section
              policy *                          % section
                candidate-paths                 % section
                  preference *                  % section
                    dynamic                     % section
                    explicit **                 % section
              pcc                               % section
            srv6                                % section
              locators                          % section
                locator *                       % section
          performance-measurement               % section
          flow exporter-map|monitor-map *       % section order=-20
            version **                          % section
          sampler-map *                         % section order=-20
          telemetry model-driven                % section
            destination-group *                 % section
              address-family **                 % section
            sensor-group *                      % section
            subscription *                      % section
          control-plane                         % section
            management-plane                    % section
              inband|out-of-band                % section
                interface *                     % section
                  allow *
                  allow * peer                  % section
          dhcp ipv4|ipv6                        % section
            profile **                          % section
            interface **
          track *                               % section
            type **
          ipsla                                 % section
            operation *                         % section
              type **                           % section
            schedule operation *                % section
            responder                           % section
          lldp                                  % section
          bfd                                   % section
            use flat-interface
          grpc                                  % section
            tls                                 % section
          netconf agent tty                     % section
          netconf-yang agent                    % section
            ssh
          xml agent                             % section
          xml agent tty|ssl                     % section
          monitor-session **                    % section
          call-home                             % section
            profile *                           % section
          ethernet cfm                          % section
          hw-module **
          line console|default                  % section vanishes remove=children order=40
            access-class ingress|egress ?       % undo=full use=acl:1
          line template *                       % section order=39
            access-class ingress|egress ?       % undo=full use=acl:1
          ssh server vrf ? ipv4 access-list ?   % undo=full use=acl:2
        """)
}
