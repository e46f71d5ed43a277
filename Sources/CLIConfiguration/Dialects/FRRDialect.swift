extension DialectSource {
    /// FRRouting's integrated `vtysh` configuration, as FRR 8.4 and later read and show it.
    static let frr = DialectSource(
        "frr",
        """
        syntax indented
        negation no
        setting guard:management >ip_route_0.0.0.0/0 >ipv6_route_::/0
        comment !
        noise Building configuration...
        noise Current configuration:
        noise frr version
        noise frr defaults
        noise end
        exit exit
        exit exit-address-family
        exit exit-vrf
        exit exit-vni
        exit exit-link-params
        exit exit1
        exit exit2
        exit end
        exit quit

        group neighbor-session
          neighbor @ remote-as ?                % claim=host:1 order=-20 mark=session undo="no neighbor $1" drop-no="neighbor $1"
          neighbor * remote-as ?                % order=-20 mark=session undo="no neighbor $1 peer-group" drop-no="neighbor $1" drop-no="neighbor *" through="neighbor * peer-group $1" when="neighbor $1 peer-group" drop-no="bgp listen range *" through="bgp listen range * peer-group $1" when="neighbor $1 peer-group"
          neighbor * interface remote-as ?      % order=-20 mark=session undo="no neighbor $1" drop-no="neighbor $1"
          neighbor * interface v6only remote-as ? % order=-20 undo="no neighbor $1" drop-no="neighbor $1"
          neighbor * interface peer-group ?     % order=-15 use=.peer-group:2
          neighbor * interface v6only           % order=-20
          neighbor * interface                  % order=-25 undo="no neighbor $1" drop-no="neighbor $1"
          neighbor * peer-group                 % order=-30 mark=session def=.peer-group:1 undo="no neighbor $1 peer-group" drop-no="neighbor $1"
          neighbor * peer-group ?               % renew claim=host:1 mark=leave-first order=-10 use=.peer-group:2 drop-no="neighbor $1" may-drop="neighbor $1 activate"
          neighbor * description ~              % undo=key
          neighbor * password ?                 % undo=key secret=2
          neighbor * update-source ?            % undo=key
          neighbor * ebgp-multihop              % off
          neighbor * ebgp-multihop ?            % undo=key
          neighbor * disable-connected-check    % off
          neighbor * ttl-security hops ?        % undo=full
          neighbor * timers ? ?                 % undo=key
          neighbor * timers connect ?           % undo=key
          neighbor * timers delayopen ?         % undo=key
          neighbor * advertisement-interval ?   % undo=key
          neighbor @ local-as ~                 % undo=key
          neighbor * local-as ~                 % undo=key order=-12
          neighbor * shutdown                   % off
          neighbor * shutdown message ~         % undo=key
          neighbor * bfd                        % off order=1 drop-no="neighbor $1 bfd"
          neighbor * bfd ~                      % undo=key order=1
          neighbor * bfd profile ?              % undo=full order=2
          neighbor * port ?                     % undo=key
          neighbor * passive                    % off
          neighbor * capability *               % off
          neighbor * dont-capability-negotiate  % off
          neighbor * override-capability        % off
          neighbor * strict-capability-match    % off
          neighbor * enforce-first-as           % off
          neighbor * solo                       % off
          neighbor * graceful-restart           % off
          neighbor * graceful-restart-helper    % off
          neighbor * graceful-restart-disable   % off
          neighbor * extended-optional-parameters % off
          neighbor * sender-as-path-loop-detection % off
          neighbor * path-attribute discard|treat-as-withdraw ~ % undo=full

        group neighbor-family
          neighbor * peer-group ?               % order=-10 use=.peer-group:2
          neighbor * route-map ? in|out         % use=route-map:2
          neighbor * prefix-list ? in|out       % use=prefix-list:2
          neighbor * filter-list ? in|out       % use=as-path-list:2
          neighbor * distribute-list ? in|out   % use=access-list:2
          neighbor * unsuppress-map ?           % use=route-map:2
          neighbor * advertise-map ? exist-map|non-exist-map ? % use=route-map:2 use=route-map:3
          neighbor * soft-reconfiguration inbound % off
          neighbor * next-hop-self              % off
          neighbor * next-hop-self force        % off
          neighbor * route-reflector-client     % off mark=early
          neighbor * route-server-client        % off
          neighbor * send-community             % on
          neighbor * send-community both|all|standard|extended|large % on
          neighbor * default-originate          % off
          neighbor * default-originate route-map ? % use=route-map:2
          neighbor * maximum-prefix ~           % undo=key
          neighbor * maximum-prefix-out ?       % undo=key
          neighbor * allowas-in                 % off
          neighbor * allowas-in ~               % undo=key
          neighbor * as-override                % off mark=early
          neighbor * weight ?                   % undo=key
          neighbor * remove-private-AS          % off mark=early
          neighbor * remove-private-AS ~        % undo=full mark=early
          neighbor * attribute-unchanged        % off
          neighbor * attribute-unchanged ~      % undo=full
          neighbor * addpath-tx-all-paths       % off
          neighbor * addpath-tx-bestpath-per-AS % off
          neighbor * disable-addpath-rx         % off
          neighbor * capability orf prefix-list * % off
          neighbor * nexthop-local unchanged    % off
          neighbor * encapsulation ?            % off

        group bgp-family
          use neighbor-family
          network * route-map ?                 % use=route-map:2
          network *
          network * backdoor
          network * label-index ?
          aggregate-address * ~                 % renew
          aggregate-address *
          redistribute * route-map ?            % use=route-map:2 undo="no redistribute $1"
          redistribute * metric ? route-map ?   % use=route-map:3 undo="no redistribute $1"
          redistribute * ~                      % renew undo="no redistribute $1"
          redistribute *                        % renew
          maximum-paths ?                       % undo=key
          maximum-paths ibgp ~                  % undo=key
          distance bgp ~                        % undo=key
          distance * *
          table-map ?                           % use=route-map:1
          bgp dampening                         % off
          bgp dampening ~                       % undo=key
          import vrf *
          import vrf route-map ?                % use=route-map:1
          label vpn export ?                    % undo=full
          rd vpn export ?                       % undo=full
          rt vpn both|import|export ~           % undo=full
          export vpn                            % off
          import vpn                            % off
          route-map vpn import|export ?         % use=route-map:1 undo=full
          nexthop vpn export ?                  % undo=full
          advertise-all-vni                     % off
          advertise-default-gw                  % off
          advertise-svi-ip                      % off
          advertise ipv4|ipv6 unicast           % off
          advertise ipv4|ipv6 unicast route-map ? % use=route-map:1
          nexthop prefer-global                 % off

        group bgp-instance
          bgp router-id ?                       % undo=key order=-40 may-drop="rd vpn export" may-drop="rt vpn"
          bgp ebgp-requires-policy              % on order=-35
          bgp default ipv4-unicast              % on order=-35 governs="address-family ipv4 unicast"
          bgp default local-preference ?        % undo=key order=-35
          bgp default *                         % off order=-35
          bgp network import-check              % on order=-34
          bgp log-neighbor-changes              % off
          bgp always-compare-med                % off
          bgp deterministic-med                 % off
          bgp bestpath ~                        % undo=full shown
          bgp bestpath as-path confed           % off
          bgp bestpath as-path ignore           % off
          bgp bestpath as-path multipath-relax  % off
          bgp bestpath as-path multipath-relax as-set|no-as-set % off
          bgp bestpath compare-routerid         % off
          bgp bestpath med **
          bgp bestpath peer-type multipath-relax % off
          bgp cluster-id ?                      % undo=key order=-34
          bgp confederation identifier ?        % undo=key order=-34
          bgp confederation peers **            % order=-33
          bgp graceful-restart                  % off
          bgp graceful-restart stalepath-time ? % undo=key
          bgp graceful-restart restart-time ?   % undo=key
          bgp graceful-restart select-defer-time ? % undo=key
          bgp graceful-restart rib-stale-time ? % undo=key
          bgp graceful-restart preserve-fw-state % off
          bgp graceful-restart-disable          % off
          bgp graceful-shutdown                 % off
          bgp fast-external-failover            % on
          bgp client-to-client reflection       % on
          bgp suppress-fib-pending              % off
          bgp fast-convergence                  % off
          bgp reject-as-sets                    % off
          bgp shutdown                          % off
          bgp shutdown message ~                % undo=key
          bgp minimum-holdtime ?                % undo=key
          bgp max-med on-startup|administrative ~ % undo=key
          bgp max-med administrative            % off
          bgp route-reflector allow-outbound-policy % off
          bgp listen range * peer-group ?       % renew use=.peer-group:2 order=5
          bgp listen limit ?                    % undo=key
          bgp disable-ebgp-connected-route-check % off
          bgp update-delay ~                    % undo=key
          bgp use-underlays-nexthop-weight      % off
          coalesce-time ?                       % undo=key
          read-quanta ?                         % undo=key
          write-quanta ?                        % undo=key
          timers bgp ? ?                        % undo=key
          use neighbor-session
          address-family ipv4 unicast           % section exit=exit-address-family remove=children vanishes order=40
            neighbor * activate                 % on-unless="no bgp default ipv4-unicast" order=-20
            use bgp-family
          address-family * *                    % section exit=exit-address-family remove=children vanishes order=41
            neighbor * activate                 % off order=-20
            use bgp-family
            vni *                               % section exit=exit-vni
              rd ?                              % undo=key
              route-target both|import|export *

        group interface-ospf
          ip ospf area ?                        % undo=key renew order=-5 frees=ospf-interfaces takes=ospf-networks
          ip ospf * area ?                      % undo=key renew order=-5
          ip ospf cost ?                        % undo=key
          ip ospf network ?                     % undo=key
          ip ospf network point-to-point dmvpn  % off
          ip ospf priority ?                    % undo=key
          ip ospf hello-interval ?              % undo=key
          ip ospf dead-interval ?               % undo=key
          ip ospf dead-interval minimal hello-multiplier ? % undo="no ip ospf dead-interval"
          ip ospf retransmit-interval ?         % undo=key
          ip ospf transmit-delay ?              % undo=key
          ip ospf mtu-ignore                    % off
          ip ospf passive                       % off
          ip ospf bfd                           % off
          ip ospf bfd profile ?                 % undo="no ip ospf bfd profile $1"
          ip ospf authentication                % off
          ip ospf authentication ?              % undo=key
          ip ospf authentication-key ?          % secret=1 undo=key
          ip ospf message-digest-key # md5 ?    % secret=2 undo="no ip ospf message-digest-key $1" renew
          ipv6 ospf6 area ?                     % undo=key renew order=-5
          ipv6 ospf6 area ? **
          ipv6 ospf6 cost|hello-interval|dead-interval|retransmit-interval|transmit-delay|priority|instance-id|ifmtu ? % undo=key
          ipv6 ospf6 network ?                  % undo=key
          ipv6 ospf6 passive                    % off
          ipv6 ospf6 mtu-ignore                 % off
          ipv6 ospf6 bfd                        % off

        group interface-lines
          description ~                         % undo=key
          ip address **                         % claim=address:1 claim=host:1 order=-10
          ipv6 address **                       % claim=address:1 order=-10 may-drop="ipv6 nd prefix"
          ipv6 nd **                            % shown
          ipv6 nd ra-lifetime|reachable-time|router-preference|mtu|home-agent-lifetime|home-agent-preference|ra-hop-limit|ra-retrans-interval ? % undo=full
          ipv6 nd ra-interval msec ?            % undo=full
          ipv6 nd prefix **                     % mark=late
          ipv6 nd ra-interval ?                 % undo=key
          ipv6 nd suppress-ra                   % shown
          shutdown                              % off order=30 mark=management
          bandwidth ?                           % undo=key
          link-detect                           % on
          multicast                             % off
          mpls enable                           % off
          vrf ?                                 % order=-30
          ip router isis ?                      % undo=full order=-10 def=isis-circuit:1
          ipv6 router isis ?                    % undo=full order=-10 def=isis-circuit:1
          isis circuit-type|hello-interval|hello-multiplier|metric|priority|csnp-interval|psnp-interval ? % undo=key
          isis network point-to-point           % off
          isis passive                          % off
          isis password ? ?                     % secret=2 undo="no isis password"
          ip rip split-horizon                  % on may-drop="ip rip split-horizon poisoned-reverse"
          ip rip split-horizon poisoned-reverse % off undo="ip rip split-horizon"
          ip rip v2-broadcast                   % off
          ip rip authentication mode ~          % undo=full
          ip rip authentication key-chain ?     % undo=full
          ip rip authentication string ?        % undo=full secret=1
          ip rip send|receive version ~         % undo=full
          ip rip **                             % shown
          ipv6 ripng **                         % shown
          ip igmp                               % off order=-2
          ip igmp **                            % shown
          ip igmp join **
          ip igmp query-interval|query-max-response-time|version|last-member-query-count|last-member-query-interval ? % undo=key
          ip pim                                % off order=-2
          ip pim **                             % shown
          ip pim drpriority|hello ~             % undo=key
          pbr-policy ?                          % undo=full
          use interface-ospf
          link-params                           % section exit=exit-link-params

        group ospf-instance
          ospf router-id ?                      % undo=key order=-40
          ospf abr-type ?                       % undo=key
          ospf rfc1583compatibility             % off
          ospf write-multiplier ?               % undo=key
          log-adjacency-changes                 % off
          log-adjacency-changes detail          % off undo="no log-adjacency-changes"
          compatible rfc1583                    % off
          auto-cost reference-bandwidth ?       % undo=key
          max-metric router-lsa administrative  % off
          max-metric router-lsa on-startup|on-shutdown ? % undo=key
          timers throttle spf ? ? ?             % undo=key
          timers throttle lsa all ?             % undo=key
          timers lsa min-arrival ?              % undo=key
          passive-interface default             % off
          passive-interface *
          network * area ?                      % undo=full renew frees=ospf-networks takes=ospf-interfaces
          area * stub                           % off
          area * stub no-summary                % off undo="no area $1 stub"
          area * nssa                           % off
          area * nssa **                        % off
          area * range * ~                      % renew undo="no area $1 range $2"
          area * range *                        % renew
          area * authentication                 % off
          area * authentication message-digest  % off
          area * default-cost ?                 % undo=full
          area * shortcut ?                     % undo=full
          area * filter-list prefix ? in|out    % use=prefix-list:2
          area * export-list|import-list ?      % undo=full
          area * virtual-link *
          area * virtual-link * **
          default-information originate         % off
          default-information originate ~       % undo=key
          default-metric ?                      % undo=key
          distance ?                            % undo=full
          distance ospf ~                       % undo=key
          redistribute * ~                      % renew undo="no redistribute $1"
          redistribute *                        % renew
          redistribute * route-map ?            % use=route-map:2 undo="no redistribute $1"
          distribute-list ? out *               % use=access-list:1
          maximum-paths ?                       % undo=key
          neighbor * ~                          % undo=key
          neighbor *
          capability opaque                     % off
          mpls-te on                            % off
          mpls-te router-address ?              % undo=full
          segment-routing ~                     % undo=full
          graceful-restart                      % off
          graceful-restart ~                    % undo=full
          bfd ~                                 % undo=full

        group prefix-list-lines
          ip prefix-list * seq # ~              % list=1 def=prefix-list:1 filter=prefix-list order=-20
          ip prefix-list * description ~        % list=1 def=prefix-list:1 undo="no ip prefix-list $1 description" order=-21
          ipv6 prefix-list * seq # ~            % list=1 def=prefix-list:1 filter=prefix-list order=-20
          ipv6 prefix-list * description ~      % list=1 def=prefix-list:1 undo="no ipv6 prefix-list $1 description" order=-21

        rules
          hostname ?                            % undo=key order=-100
          domainname ?                          % undo=key
          log ~                                 % undo=full
          log syslog                            % off
          log syslog ?                          % undo=key
          log file ~                            % undo=key
          log stdout                            % off
          log stdout ?                          % undo=key
          log facility ?                        % undo=key
          log timestamp precision ?             % undo=key
          log commands                          % off
          log record-priority                   % off
          service integrated-vtysh-config       % shown
          service password-encryption           % off
          service advanced-vty                  % off
          debug **
          password ~                            % secret=1 undo="no password"
          enable password ~                     % secret=1 undo="no enable password"
          username * nopassword
          agentx                                % off
          ip forwarding                         % shown
          ipv6 forwarding                       % shown
          ip nht resolve-via-default            % shown
          ipv6 nht resolve-via-default          % shown
          ip multicast-routing                  % off
          ip route **                           % order=5
          ipv6 route **                         % order=5
          ip mroute **
          ip router-id ?                        % undo=key order=-10
          router-id ?                           % undo=key order=-10
          vrf *                                 % section exit=exit-vrf order=-50 def=vrf:1
            vni ?                               % undo=full renew
            ip route **
            ipv6 route **
            ip router-id ?                      % undo=key
            ip protocol * route-map ?           % use=route-map:2
            router-id ?                         % undo=key
          interface *                           % section remove=children vanishes order=-5 def=interface:1
            use interface-lines
          interface * vrf *                     % section remove=children vanishes order=-5 use=vrf:2
            use interface-lines
          use prefix-list-lines
          access-list * seq # ~                 % list=1 renew def=access-list:1 filter=access-list order=-20
          access-list * remark ~                % list=1 def=access-list:1 undo="no access-list $1 remark" order=-21
          ipv6 access-list * seq # ~            % list=1 renew def=access-list:1 filter=access-list order=-20
          ipv6 access-list * remark ~           % list=1 def=access-list:1 undo="no ipv6 access-list $1 remark" order=-21
          mac access-list * seq # ~             % list=1 renew def=access-list:1 order=-20
          bgp as-path access-list * seq # ~     % list=1 renew def=as-path-list:1 filter=as-path-list order=-20
          bgp community-list standard|expanded * seq # ~ % list=1 renew def=community-list:1 claim=community-list:1 order=-20
          bgp large-community-list standard|expanded * seq # ~ % list=1 renew def=large-community-list:1 claim=large-community-list:1 order=-20
          bgp extcommunity-list standard|expanded * seq # ~ % list=1 renew def=extcommunity-list:1 claim=extcommunity-list:1 order=-20
          bgp community alias * **
          bgp route-map delay-timer ?           % undo=key
          bgp send-extra-data zebra             % off
          route-map * ? #                       % section list=1 def=route-map:1 renew filter=route-map order=-15
            description ~                       % undo=key
            match ip address ?                  % use=access-list:1
            match ip address prefix-list ?      % use=prefix-list:1 undo=full
            match ip address prefix-len ?       % undo=full
            match ipv6 address ?                % use=access-list:1
            match ipv6 address prefix-list ?    % use=prefix-list:1
            match ipv6 address prefix-len ?
            match ip next-hop ?                 % use=access-list:1
            match ip next-hop prefix-list ?     % use=prefix-list:1
            match ip next-hop address ?
            match ip next-hop type ?
            match ip route-source ?             % use=access-list:1
            match ip route-source prefix-list ? % use=prefix-list:1
            match ipv6 next-hop ~
            match as-path ?                     % use=as-path-list:1
            match community ?                   % use=community-list:1
            match community ? exact-match       % use=community-list:1
            match large-community ?             % use=large-community-list:1
            match large-community ? exact-match % use=large-community-list:1
            match extcommunity ?                % use=extcommunity-list:1
            match interface ?
            match metric ?
            match local-preference ?
            match origin ?
            match peer ~
            match tag ?
            match probability ?
            match source-protocol ?
            match source-vrf ?
            match source-instance ?
            match rpki ?
            match evpn ~
            match alias ?
            call ?                              % use=route-map:1 undo=key
            on-match next                       % off
            on-match goto ?                     % undo=key
            set as-path prepend ~               % undo=key
            set as-path exclude ~               % undo=key
            set community ~                     % undo=key
            set comm-list ? delete              % use=community-list:1 undo=full
            set large-community ~               % undo=key
            set large-comm-list ? delete        % use=large-community-list:1
            set extcommunity rt|soo|bandwidth ~ % undo=key
            set ip next-hop ?                   % undo=key
            set ip next-hop peer-address|unchanged % off
            set ipv6 next-hop global ?          % undo=full
            set ipv6 next-hop local ?           % undo=full
            set ipv6 next-hop peer-address      % off
            set ipv6 next-hop prefer-global     % off
            set local-preference ?              % undo=key
            set metric ?                        % undo=key
            set metric-type ?                   % undo=key
            set origin ?                        % undo=key
            set originator-id ?                 % undo=key
            set weight ?                        % undo=key
            set tag ?                           % undo=key
            set src ?                           % undo=key
            set table ?                         % undo=key
            set distance ?                      % undo=key
            set aggregator as ~                 % undo=key
            set atomic-aggregate                % off
            set label-index ?                   % undo=key
          router bgp ?                          % section renew order=20 def=bgp-instance:1 carries=bgp-instances
            use bgp-instance
          router bgp ? vrf *                    % section renew order=22 use=bgp-instance:1 rests-on=bgp-instances
            use bgp-instance
          router ospf                           % section order=10
            use ospf-instance
          router ospf vrf *                     % section order=11
            use ospf-instance
          router ospf #                         % section order=10
            use ospf-instance
          router ospf6                          % section order=10
            use ospf-instance
            ospf6 router-id ?                   % undo=key order=-40
            interface * area ?
            stub-router administrative          % off
            log-adjacency-changes               % off
          router ospf6 vrf *                    % section order=11
            use ospf-instance
            ospf6 router-id ?                   % undo=key order=-40
          router isis *                         % section order=10
            net *
            is-type ?                           % undo=key
            metric-style ?                      % undo=key
            hostname dynamic                    % on
            log-adjacency-changes               % off
            lsp-mtu ?                           % undo=key
            lsp-gen-interval ?                  % undo=key
            spf-interval ?                      % undo=key
            area-password|domain-password ? ~   % secret=2 undo=key
            redistribute ipv4|ipv6 * level-1|level-2 ~
            redistribute ipv4|ipv6 * level-1|level-2
            set-overload-bit                    % off
            attached-bit ~                      % undo=full
          router rip                            % section order=10
            network *
            redistribute * ~
            redistribute *
            version ?                           % undo=key
            passive-interface *
            neighbor *
            default-metric ?                    % undo=key
            default-information originate       % off
            distance ?                          % undo=full
            timers basic ~                      % undo=key
          router ripng                          % section order=10
            network *
            redistribute *
          router pim                            % section
          bfd                                   % section order=8
            profile *                           % section def=bfd-profile:1
              detect-multiplier ?               % undo="detect-multiplier 3" default="detect-multiplier 3"
              receive-interval ?                % undo="receive-interval 300" default="receive-interval 300"
              transmit-interval ?               % undo="transmit-interval 300" default="transmit-interval 300"
              minimum-ttl ?                     % undo=key
              shutdown                          % off
              passive-mode                      % off
              echo-mode                         % off
            peer **                             % section
              detect-multiplier ?               % undo="detect-multiplier 3" default="detect-multiplier 3"
              receive-interval ?                % undo="receive-interval 300" default="receive-interval 300"
              transmit-interval ?               % undo="transmit-interval 300" default="transmit-interval 300"
              profile ?                         % undo=full
              shutdown                          % off
          key chain *                           % section order=-20
            key #                               % section
              key-string ~                      % secret=1 undo=key
              cryptographic-algorithm ?         % undo=key
          ip protocol * route-map ?             % use=route-map:2
          ipv6 protocol * route-map ?           % use=route-map:2
          ip as-path access-list * **
          rpki                                  % section
          segment-routing                       % section
          mpls ldp                              % section
          pbr-map * seq #                       % section
            match **
            set **
          nexthop-group *                       % section
            nexthop **
          line vty                              % section vanishes remove=children
        """)
}
