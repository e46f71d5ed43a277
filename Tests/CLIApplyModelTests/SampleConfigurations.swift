/// Configurations as devices of each platform show them, with what tends to go wrong in each.
enum SampleConfigurations {
    static let all: [String: String] = [
        "mikrotik_routeros": """
            # 2026-01-01 10:00:00 by RouterOS 7.12
            # software id = AAAA-BBBB
            /interface bridge
            add name=bridge-lan vlan-filtering=yes
            /interface ethernet
            set [ find default-name=ether1 ] comment=uplink
            set [ find default-name=ether2 ] comment="to \\"core\\" switch"
            /interface vlan
            add interface=bridge-lan name=vlan10 vlan-id=10
            add interface=bridge-lan name=vlan20 vlan-id=20
            /ip pool
            add name=pool10 ranges=10.0.10.100-10.0.10.200
            /ip dhcp-server
            add address-pool=pool10 interface=vlan10 name=dhcp10
            /interface bridge port
            add bridge=bridge-lan interface=ether3 pvid=10
            add bridge=bridge-lan interface=ether4
            /ip address
            add address=192.0.2.2/30 comment="transit a" interface=ether1 network=192.0.2.0
            add address=10.0.10.1/24 interface=vlan10 network=10.0.10.0
            /ip dns
            set allow-remote-requests=yes servers=1.1.1.1,9.9.9.9
            /ip firewall address-list
            add address=10.0.0.0/8 list=inside
            add address=172.16.0.0/12 list=inside
            /ip firewall filter
            add action=accept chain=input comment="keep what is open" \\
                connection-state=established,related
            add action=accept chain=input protocol=icmp
            add action=accept chain=input src-address-list=inside
            add action=drop chain=input
            add action=accept chain=forward connection-state=established,related
            add action=drop chain=forward connection-state=invalid
            /ip firewall nat
            add action=masquerade chain=srcnat out-interface=ether1
            /ip route
            add dst-address=0.0.0.0/0 gateway=192.0.2.1
            add disabled=yes dst-address=10.9.0.0/16 gateway=10.0.10.9
            /snmp
            set contact=noc enabled=yes
            /system identity
            set name=edge-1

            """,
        "cisco_ios": """
            Current configuration : 4711 bytes
            version 15.7
            service timestamps log datetime msec
            no ip http server
            hostname edge-1
            aaa new-model
            aaa authentication login default group tacacs+ local
            enable secret 5 $1$abcd$efgh
            username netops privilege 15 secret 5 $1$x$y
            vrf definition CUST
             rd 65000:1
             address-family ipv4
             exit-address-family
            vlan 10,20,30-32
            vlan 40
             name servers
            class-map match-any VOICE
             match dscp ef
            policy-map EDGE
             class VOICE
              priority percent 10
             class class-default
              fair-queue
            interface Loopback0
             description router-id
             ip address 10.255.0.1 255.255.255.255
            interface GigabitEthernet0/1
             description uplink
             vrf forwarding CUST
             ip address 192.0.2.1 255.255.255.0
             ip address 192.0.3.1 255.255.255.0 secondary
             ip access-group EDGE-IN in
             service-policy output EDGE
            interface GigabitEthernet0/2
             description access
             switchport mode trunk
             switchport trunk allowed vlan 10,20,30
             switchport trunk allowed vlan add 31,32
             shutdown
            router ospf 1
             router-id 10.255.0.1
             network 10.0.0.0 0.255.255.255 area 0
             passive-interface default
            router bgp 65000
             bgp router-id 10.255.0.1
             neighbor 192.0.2.2 remote-as 65001
             neighbor 192.0.2.2 description transit
             neighbor 192.0.2.3 remote-as 65002
             address-family ipv4
              network 10.1.0.0 mask 255.255.0.0
              neighbor 192.0.2.2 activate
              neighbor 192.0.2.2 route-map OUT out
              neighbor 192.0.2.3 activate
             exit-address-family
            ip route 0.0.0.0 0.0.0.0 192.0.2.254
            ip route 10.9.0.0 255.255.0.0 Null0
            ip access-list extended EDGE-IN
             permit tcp any any established
             deny ip 10.0.0.0 0.255.255.255 any
             permit icmp any any
             deny ip any any log
            ip access-list standard MGMT
             10 permit 10.0.0.0 0.0.255.255
             20 permit 10.8.0.0 0.0.0.255
             30 deny any
            access-list 101 remark old style
            access-list 101 permit tcp any any eq 22
            access-list 101 deny ip any any
            ip prefix-list OWN seq 5 permit 10.1.0.0/16
            ip prefix-list OWN seq 10 permit 10.2.0.0/16 le 24
            route-map OUT permit 10
             match ip address prefix-list OWN
             set local-preference 200
            snmp-server community public RO
            snmp-server location ams
            crypto pki certificate chain TP
             certificate self-signed 01
              30820122 300D0609
              no shutdown
              quit
            banner motd ^C
            Authorised use only
            no interface Loopback0
            ^C
            line con 0
             exec-timeout 5 0
            line vty 0 4
             access-class MGMT in
             transport input ssh
            ntp server 10.0.0.1
            ntp server 10.0.0.2
            end

            """,
        "cisco_nxos": """
            !Command: show running-config
            version 9.3(5)
            hostname leaf-1
            feature bgp
            feature ospf
            feature interface-vlan
            username admin password 5 $5$abc role network-admin
            ip access-list EDGE
              statistics per-entry
              10 permit tcp any any established
              20 deny ip 10.0.0.0/8 any
              30 permit ip any any
            vlan 1,10,20-22
            vlan 10
              name servers
            vrf context CUST
              rd 65000:1
              address-family ipv4 unicast
                route-target import 65000:1
            ip prefix-list OWN seq 5 permit 10.1.0.0/16
            route-map OUT permit 10
              match ip address prefix-list OWN
            interface Vlan10
              description svi
              no shutdown
              vrf member CUST
              ip address 10.10.0.1/24
            interface Ethernet1/1
              description uplink
              no switchport
              ip address 192.0.2.1/24
              ip access-group EDGE in
              no shutdown
            interface Ethernet1/2
              description trunk
              switchport mode trunk
              switchport trunk allowed vlan 10,20-22
            interface loopback0
              ip address 10.255.0.1/32
            router ospf 1
              router-id 10.255.0.1
            router bgp 65000
              router-id 10.255.0.1
              address-family ipv4 unicast
                network 10.1.0.0/16
              neighbor 192.0.2.2
                remote-as 65001
                description spine
                address-family ipv4 unicast
                  route-map OUT out
              vrf CUST
                address-family ipv4 unicast
                  network 10.10.0.0/24
            ip route 0.0.0.0/0 192.0.2.254
            ntp server 10.0.0.1 use-vrf management
            banner motd #
            Authorised use only
            #
            line vty
              exec-timeout 10

            """,
        "arista_eos": """
            ! device: leaf-1 (DCS, EOS-4.28)
            hostname leaf-1
            username admin privilege 15 role network-admin secret sha512 $6$x
            vlan 10,20
            vlan 30
               name servers
            vrf instance CUST
            interface Ethernet1
               description uplink
               no switchport
               vrf CUST
               ip address 192.0.2.1/24
               ip address 192.0.3.1/24 secondary
            interface Ethernet2
               switchport trunk allowed vlan 10,20,30
               switchport mode trunk
            interface Loopback0
               ip address 10.255.0.1/32
            ip access-list EDGE
               10 permit tcp any any established
               20 deny ip 10.0.0.0/8 any
               30 permit ip any any
            ip routing
            ip prefix-list OWN
               seq 10 permit 10.1.0.0/16
               seq 20 permit 10.2.0.0/16
            ip route 0.0.0.0/0 192.0.2.254
            route-map OUT permit 10
               match ip address prefix-list OWN
            router bgp 65000
               router-id 10.255.0.1
               neighbor SPINE peer group
               neighbor SPINE remote-as 65001
               neighbor 192.0.2.2 peer group SPINE
               neighbor 192.0.2.2 description spine-1
               address-family ipv4
                  neighbor SPINE activate
                  network 10.1.0.0/16
               vrf CUST
                  rd 65000:1
                  network 10.10.0.0/24
            banner motd
            Authorised use only
            no interface Ethernet1
            EOF
            management api http-commands
               no shutdown
            end

            """,
        "cisco_iosxr": """
            Sat Mar  3 17:49:03.596 UTC
            !! IOS XR Configuration 7.3.2
            hostname pe-1
            vrf CUST
             address-family ipv4 unicast
              import route-target
               65000:1
              !
             !
            !
            interface Loopback0
             ipv4 address 10.255.0.1 255.255.255.255
            !
            interface GigabitEthernet0/0/0/0
             description uplink
             ipv4 address 192.0.2.1 255.255.255.0
            !
            interface GigabitEthernet0/0/0/1
             description customer
             vrf CUST
             ipv4 address 192.0.3.1 255.255.255.0
             shutdown
            !
            prefix-set OWN
              10.1.0.0/16,
              10.2.0.0/16 le 24
            end-set
            !
            route-policy OUT($x)
              if destination in OWN then
                pass
              else
                drop
              endif
            end-policy
            !
            ipv4 access-list EDGE
             10 permit tcp any any established
             20 deny ipv4 any any
            !
            class-map match-any VOICE
             match dscp ef
             end-class-map
            !
            policy-map EDGE
             class VOICE
              priority level 1
             !
             class class-default
             !
             end-policy-map
            !
            router static
             address-family ipv4 unicast
              0.0.0.0/0 192.0.2.254
             !
            !
            router ospf 1
             router-id 10.255.0.1
             area 0
              interface Loopback0
               passive enable
              !
              interface GigabitEthernet0/0/0/0
               cost 10
              !
             !
            !
            router bgp 65000
             bgp router-id 10.255.0.1
             address-family ipv4 unicast
              network 10.1.0.0/16
             !
             neighbor 192.0.2.2
              remote-as 65001
              description transit
              address-family ipv4 unicast
               route-policy OUT out
              !
             !
            !
            end

            """,
        "juniper_junos": """
            ## Last commit: 2026-01-01 by root
            version 21.4R1;
            system {
                host-name mx-1;
                login {
                    user netops {
                        class super-user;
                    }
                }
                ntp {
                    server 10.0.0.1;
                    server 10.0.0.2;
                }
            }
            interfaces {
                ge-0/0/0 {
                    description "uplink to core";
                    unit 0 {
                        family inet {
                            address 192.0.2.1/24;
                        }
                    }
                }
                lo0 {
                    unit 0 {
                        family inet {
                            address 10.255.0.1/32;
                        }
                    }
                }
            }
            policy-options {
                prefix-list OWN {
                    10.1.0.0/16;
                    10.2.0.0/16;
                }
                policy-statement OUT {
                    term own {
                        from {
                            prefix-list OWN;
                        }
                        then accept;
                    }
                    term more {
                        then next policy;
                    }
                    term rest {
                        then reject;
                    }
                }
            }
            protocols {
                bgp {
                    group TRANSIT {
                        type external;
                        import [ IN-A IN-B IN-C ];
                        export OUT;
                        neighbor 192.0.2.2 {
                            peer-as 65001;
                        }
                    }
                }
            }

            """,
        "nokia_srlinux": """
            interface ethernet-1/1 {
                admin-state enable
                description "uplink to spine"
                subinterface 0 {
                    ipv4 {
                        admin-state enable
                        address 192.0.2.1/24 {
                        }
                    }
                }
            }
            interface lo0 {
                subinterface 0 {
                }
            }
            network-instance default {
                type default
                interface ethernet-1/1.0 {
                }
                protocols {
                    bgp {
                        autonomous-system 65000
                        router-id 10.255.0.1
                        group SPINE {
                            peer-as 65001
                            export-policy [
                                out
                                more
                            ]
                        }
                        neighbor 192.0.2.2 {
                            peer-group SPINE
                        }
                    }
                }
            }

            """,
        "nokia_sros": """
            configure {
                router "Base" {
                    interface "system" {
                        ipv4 {
                            primary {
                                address 10.255.0.1
                                prefix-length 32
                            }
                        }
                    }
                    interface "to core" {
                        port 1/1/c1/1
                    }
                }
                system {
                    name "pe-1"
                }
            }

            """,
        "vyos": """
            set interfaces ethernet eth0 address '192.0.2.1/24'
            set interfaces ethernet eth0 description 'uplink to core'
            set interfaces loopback lo address '10.255.0.1/32'
            set protocols bgp neighbor 192.0.2.2 remote-as '65001'
            set protocols bgp neighbor 192.0.2.2 address-family ipv4-unicast
            set protocols bgp system-as '65000'
            set firewall name EDGE default-action 'drop'
            set firewall name EDGE rule 10 action 'accept'
            set firewall name EDGE rule 10 state established 'enable'
            set firewall name EDGE rule 20 action 'accept'
            set system host-name 'vy-1'
            set system name-server '10.0.0.1'
            set system name-server '10.0.0.2'

            """,
    ]
}
