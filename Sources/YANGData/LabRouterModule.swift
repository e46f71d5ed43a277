import Glibc

/// The model of the lab's NETCONF router, in our own words; lab and planner load the same text.
package enum LabRouterModule {
    package static let name = "lab-router"
    package static let namespace = "urn:asbuilt:lab-router"
    package static let revision = "2026-11-24"

    /// A context with this module and the types that come with libyang; with access control (RFC 8341) where Debian's
    /// libyuma-base is installed.
    package static func context() throws -> YANGContext {
        let hasAccessControl = access(accessControl, R_OK) == 0
        return try YANGContext(
            searchDirectories: ["/usr/share/yang/modules/libyang"] + (hasAccessControl ? [ietf] : []),
            modules: hasAccessControl ? [.init("ietf-netconf-acm")] : [], sources: [text])
    }
    private static let ietf = "/usr/share/yuma/modules/ietf"
    private static let accessControl = ietf + "/ietf-netconf-acm@2018-02-14.yang"

    package static let text = #"""
        module lab-router {
          yang-version 1.1;
          namespace "urn:asbuilt:lab-router";
          prefix lr;

          import ietf-inet-types { prefix inet; }

          description "A small router: system, interfaces and BGP.";
          revision 2026-11-24 { description "First form."; }

          container system {
            leaf hostname { type string { length "1..63"; pattern "[a-zA-Z0-9-]+"; } }
            leaf contact { type string { length "0..240"; } }
            leaf location { type string { length "0..240"; } }
            container ntp {
              list server {
                key "address";
                leaf address { type inet:ipv4-address-no-zone; }
                leaf prefer { type boolean; default "false"; }
              }
            }
            container dns {
              leaf-list server { type inet:ipv4-address-no-zone; ordered-by user; max-elements 3; }
            }
          }

          container interfaces {
            list interface {
              key "name";
              leaf name { type string { length "1..32"; pattern "[a-z]+[0-9/.]*"; } }
              leaf description { type string { length "0..240"; } }
              leaf enabled { type boolean; default "true"; }
              leaf mtu { type uint16 { range "68..9216"; } default "1500"; units "bytes"; }
              leaf oper-status {
                config false;
                type enumeration { enum up; enum down; }
                description "Up when both ends of the cable are enabled.";
              }
              container ipv4 {
                list address {
                  key "ip";
                  leaf ip { type inet:ipv4-address-no-zone; }
                  leaf prefix-length { type uint8 { range "0..32"; } mandatory true; }
                }
              }
            }
          }

          container bgp {
            presence "BGP is running";
            leaf as { type uint32 { range "1..max"; } mandatory true; }
            leaf router-id { type inet:ipv4-address-no-zone; }
            list neighbor {
              key "address";
              leaf address { type inet:ipv4-address-no-zone; }
              leaf remote-as { type uint32 { range "1..max"; } mandatory true; }
              leaf description { type string { length "0..240"; } }
              leaf password { type string { length "1..80"; } }
              leaf enabled { type boolean; default "true"; }
              leaf hold-time { type uint16 { range "0 | 3..65535"; } default "90"; }
              leaf keepalive {
                type uint16;
                must ". * 3 <= ../hold-time" {
                  error-message "keepalive must be at most a third of hold-time";
                  error-app-tag "keepalive-too-long";
                }
              }
              container ipv4-unicast {
                leaf enabled { type boolean; default "true"; }
                leaf maximum-prefixes { type uint32 { range "1..max"; } }
              }
              leaf state {
                config false;
                type enumeration { enum idle; enum connect; enum active; enum established; }
              }
              leaf state-age { config false; type uint64; units "seconds"; }
              leaf times-established { config false; type uint32; }
              leaf received-prefixes { config false; type uint32; }
              leaf sent-prefixes { config false; type uint32; }
              leaf last-error { config false; type string; }
            }
            list network {
              key "prefix";
              description "Prefixes announced to all neighbours.";
              leaf prefix { type inet:ipv4-prefix; }
            }
          }

          container system-state {
            config false;
            leaf version { type string; }
            leaf uptime { type uint64; units "seconds"; }
          }

          container acls {
            list acl {
              key "name";
              leaf name { type string { length "1..64"; } }
              list rule {
                key "id";
                ordered-by user;
                leaf id { type string { length "1..64"; } }
                leaf action { type enumeration { enum permit; enum deny; } mandatory true; }
                leaf source { type inet:ipv4-prefix; }
              }
            }
          }
        }
        """#
}
