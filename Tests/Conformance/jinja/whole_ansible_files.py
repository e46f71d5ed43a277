"""Templates and host data for whole_ansible.py, of our own writing, in the style of network roles."""

SHARED = {
    "domain": "example.net", "ntp_servers": ["192.0.2.123", "192.0.2.124"], "snmp": {"community": "public", "location": None, "traps": []},
    "groups": {"spines": ["spine1", "spine2"], "leaves": ["leaf1"], "all": ["spine1", "spine2", "leaf1"]},
    "bgp_policies": {"IMPORT": {"seq": 10, "action": "permit", "match": ["10.0.0.0/8", "192.168.0.0/16"]}, "EXPORT": {"seq": 20, "action": "deny", "match": []}},
    "banner_text": "Authorised use only\n  all access is logged\n", "enable_ssh": "yes", "os_version": "4.28.3M", "empty_list": [], "none_value": None,
    "users": [{"name": "ops", "priv": 15, "keys": ["ssh-ed25519 AAAAC3 ops@a", "ssh-rsa AAAAB3 ops@b"]}, {"name": "ro", "priv": 1}],
}
HOSTS = [
    {"inventory_hostname": "spine1", "asn": 65000, "router_id": "10.255.0.1", "mgmt": {"ip": "192.0.2.11/24", "gw": "192.0.2.1", "vrf": "MGMT"},
     "interfaces": [{"name": "Ethernet1", "ip": "10.0.0.0/31", "mtu": 9214, "description": "to leaf1 Ethernet1", "peer": "leaf1"}, {"name": "Ethernet2", "enabled": False}, {"name": "Loopback0", "ip": "10.255.0.1/32"}],
     "vlans": {}, "neighbors": [{"ip": "10.0.0.1", "asn": 65101, "name": "leaf1", "policies": {"in": "IMPORT", "out": "EXPORT"}}], "features": {"lldp": True, "bfd": False}},
    {"inventory_hostname": "spine2", "asn": 65000, "router_id": "10.255.0.2", "mgmt": {"ip": "192.0.2.12/24"}, "interfaces": [], "vlans": {}, "neighbors": [], "features": {}},
    {"inventory_hostname": "leaf1", "asn": 65101, "router_id": "10.255.0.3", "mgmt": {"ip": "2001:db8::13/64", "gw": "2001:db8::1"},
     "interfaces": [{"name": "Ethernet1", "ip": "10.0.0.1/31", "ipv6": "2001:db8:0:1::1/64", "mtu": 9214, "peer": "spine1"}, {"name": "Ethernet48", "switchport": {"mode": "trunk", "vlans": [10, 11, 12, 20, "30-33"], "native": 1}, "description": "server \"a\""},
                    {"name": "Ethernet47", "switchport": {"mode": "access", "vlan": 10}}, {"name": "Vlan10", "ip": "10.10.0.1/24", "helpers": ["192.0.2.50", "192.0.2.51"]}],
     "vlans": {10: {"name": "servers"}, 20: {"name": "voice", "state": "suspend"}, 30: {}}, "neighbors": [{"ip": "10.0.0.0", "asn": 65000, "name": "spine1", "password": "s3cret"}, {"ip": "2001:db8:0:1::", "asn": 65000, "name": "spine1", "shutdown": True}],
     "features": {"lldp": True}, "location": {"site": "ams", "rack": 7}},
]

FILES = {
    "_macros.j2": """{% macro interface_ip(i) %}
{% if i.ip is defined %}
   ip address {{ i.ip }}
{% endif %}
{% if i.ipv6 is defined %}
   ipv6 address {{ i.ipv6 }}
{% endif %}
{% endmacro %}
{% macro describe(text, quote=false) -%}
description {{ '"' ~ text ~ '"' if quote else text }}
{%- endmacro %}
""",
    "_ntp.j2": """{% for server in ntp_servers %}
ntp server {{ server }}{{ ' prefer' if loop.first }}
{% endfor %}
""",
    "_shared_locals.j2": "{{ inventory_hostname }}:{{ outer | default('none') }}\n",
    "interfaces.j2": """{% from '_macros.j2' import interface_ip, describe %}
{% for i in interfaces %}
interface {{ i.name }}
{% if i.description is defined %}
   {{ describe(i.description, quote=' ' in i.description) }}
{% elif i.peer is defined %}
   {{ describe('to ' ~ i.peer) }}
{% endif %}
{% if i.mtu | default(1500) | int > 1500 %}
   mtu {{ i.mtu }}
{% endif %}
{{ interface_ip(i) }}
{%- if not i.enabled | default(true) %}
   shutdown
{% endif %}
{% if i.switchport is defined and i.switchport.mode == 'trunk' %}
   switchport trunk allowed vlan {{ i.switchport.vlans | join(',') }}
{% if i.switchport.native %}
   switchport trunk native vlan {{ i.switchport.native }}
{% endif %}
{% elif i.switchport.mode | default('') == 'access' %}
   switchport access vlan {{ i.switchport.vlan }}
{% endif %}
{% for h in i.helpers | default([]) %}
   ip helper-address {{ h }}
{% endfor %}
!
{% else %}
! no interfaces
{% endfor %}
""",
    "bgp.j2": """router bgp {{ asn }}
   router-id {{ router_id }}
{% for n in neighbors | sort(attribute='ip') %}
   neighbor {{ n.ip }} remote-as {{ n.asn }}
   neighbor {{ n.ip }} description {{ n.name | upper }}_{{ hostvars[n.name].router_id | replace('.', '-') }}
{%   if n.password is defined %}
   neighbor {{ n.ip }} password 7 {{ n.password | hash('sha1') | truncate(12, true, '') }}
{%   endif %}
{%   if n.policies is defined %}
{%     for direction, policy in n.policies.items() | sort %}
   neighbor {{ n.ip }} route-map {{ policy }} {{ direction }}
{%     endfor %}
{%   endif %}
{%   if n.shutdown | default(false) %}
   neighbor {{ n.ip }} shutdown
{%   endif %}
{% endfor %}
{% set v4 = neighbors | selectattr('ip', 'search', '\\\\.') | map(attribute='ip') | list %}
{% set v6 = neighbors | map(attribute='ip') | reject('in', v4) | list %}
   ! {{ v4 | length }} IPv4, {{ v6 | length }} IPv6: {{ (v4 + v6) | join(' ') }}
""",
    "route_maps.j2": """{% for name, p in bgp_policies | dictsort %}
{% for prefix in p.match %}
ip prefix-list {{ name }} seq {{ loop.index * 5 }} permit {{ prefix | ansible.utils.ipaddr('network/prefix') }} le {{ 24 if prefix | ansible.utils.ipaddr('prefix') < 24 else 32 }}
{% endfor %}
route-map {{ name }} {{ p.action }} {{ p.seq }}
{% if p.match %}
   match ip address prefix-list {{ name }}
{% endif %}
{% endfor %}
{{ bgp_policies | dict2items | map(attribute='key') | sort(reverse=true) | join(', ') }}
{{ bgp_policies | dict2items | selectattr('value.action', 'equalto', 'permit') | list }}
""",
    "header_lstrip.j2": """#jinja2: lstrip_blocks: True
hostname {{ inventory_hostname }}.{{ domain }}
    {% if features.lldp | default(false) %}
lldp run
    {% endif %}
    {% for f, on in features.items() %}
    {# one line a feature #}
  feature {{ f }} {{ on | ternary('enabled', 'disabled') }}
    {% endfor %}
""",
    "header_no_trim.j2": """#jinja2: trim_blocks: False
{% if mgmt.vrf is defined %}
vrf instance {{ mgmt.vrf }}
{% endif %}
interface Management1
  ip address {{ mgmt.ip }}
{% include '_ntp.j2' %}
end
""",
    "header_delimiters.j2": """#jinja2: variable_start_string: '[[', variable_end_string: ']]', block_start_string: '[%', block_end_string: '%]'
[% for u in users %]
username [[ u.name ]] privilege [[ u.priv ]] {{ not a variable }}
[% endfor %]
""",
    "management.j2": """{% set vrf = mgmt.vrf | default('default') %}
interface Management1
{% if vrf != 'default' %}
   vrf {{ vrf }}
{% endif %}
   {{ 'ipv6' if mgmt.ip is ansible.utils.ipv6 else 'ip' }} address {{ mgmt.ip | ansible.utils.ipaddr('address') }}/{{ mgmt.ip | ansible.utils.ipaddr('prefix') }}
{% if mgmt.gw is defined %}
{{ 'ipv6' if ':' in mgmt.gw else 'ip' }} route{{ ' vrf ' ~ vrf if vrf != 'default' }} {{ mgmt.ip | ansible.utils.ipaddr('subnet') }} {{ mgmt.gw }}
{% endif %}
{% include '_ntp.j2' %}
banner login
{{ banner_text }}
EOF
{{ banner_text | indent(2) }}|{{ banner_text | indent(width=3, first=true) }}
{% if os_version is version('4.27', '>=') %}
service routing protocols model multi-agent
{% endif %}
{% if enable_ssh | bool %}
management ssh
{% endif %}
""",
    "vlans.j2": """{% set ns = namespace(count=0, names=[]) %}
{% for id, v in vlans.items() %}
vlan {{ id }}
   name {{ v.name | default('VLAN%04d' | format(id | int)) }}
{%   if v.state | default('active') != 'active' %}
   state {{ v.state }}
{%   endif %}
{%   set ns.count = ns.count + 1 %}
{%   set _ = ns.names.append(v.name | default(id)) %}
{% endfor %}
! {{ ns.count }} vlans{% if ns.names %}: {{ ns.names | join('/') }}{% endif %}

{% set trunk = interfaces | selectattr('switchport', 'defined') | map(attribute='switchport') | selectattr('vlans', 'defined') | map(attribute='vlans') | flatten | map('string') | unique | list %}
{{ trunk }}
{{ trunk | map('regex_replace', '-.*', '') | map('int') | sum }}
""",
    "users.j2": """{% for u in users %}
username {{ u.name }} privilege {{ u.priv }}{% if u['keys'] is defined %}

{% for k in u['keys'] %}
username {{ u.name }} ssh-key {{ k.split(' ')[0:2] | join(' ') }} ! {{ k.split()[-1] | regex_replace('^(\\\\w+)@(.*)$', '\\\\2 of \\\\1') }}
{% endfor %}
{% else %}

{% endif %}
{% endfor %}
{{ users | map(attribute='name') | list | to_json }}
""",
    "yaml_inside.j2": """---
snmp: {{ snmp | to_json }}
interfaces:
{{ interfaces | to_nice_yaml(indent=2) | indent(2, true) }}
users:
  {{ users | to_nice_yaml | trim | indent(2) }}
combined: {{ snmp | combine({'community': 'x', 'extra': {'a': [1, 2]}}, recursive=true) | to_yaml | trim }}
json: {{ vlans | to_nice_json }}
""",
    "prints.j2": """{{ none_value }}|{{ empty_list }}|{{ features }}|{{ features.keys() }}|{{ features.items() }}|{{ (1, 'a', none) }}|{{ [none, true, 1.0] }}
{{ interfaces | map(attribute='name') }}|{{ 'x' in ['x'] }}|{{ 7 / 2 }}|{{ 2 ** 70 }}|{{ 1e20 }}|{{ {} }}|{{ '' }}|{{ "it's" }}|{{ ["it's"] }}
{% set l = [] %}{{ l.append(3) }}{{ l }}{% set _ = l.extend([4, 5]) %}{{ l }}
{{ range(3) | list }}|{{ 'a' | upper if none_value }}|{{ snmp.location }}|{{ snmp.location | default('nowhere') }}|{{ snmp.location | default('nowhere', true) }}
{{ users[0] }}
""",
    "prints_range.j2": "{{ range(3) }} {{ range(0, 6, 2) }}\n", "prints_selectattr.j2": "{{ users | selectattr('priv', 'gt', 1) }} {{ users | groupby('priv') }}\n{{ users | map(attribute='priv') | zip([1, 2]) }} {{ users | batch(1) }} {{ 'abc' | list }} {{ {'a': 1}.values() }}\n",
    "locals.j2": """{% set outer = 'set' %}
{% include '_shared_locals.j2' %}
{% for outer in ['loop'] %}
{% include '_shared_locals.j2' %}
{% endfor %}
{% macro m(outer) %}{% include '_shared_locals.j2' %}{% endmacro %}
{{ m('argument') }}{% import '_macros.j2' as lib with context %}
{{ lib.describe('x') }}{% include '_nothing.j2' ignore missing %}
{% include ['_nothing.j2', '_ntp.j2'] %}
""",
    "blocks.j2": """{% block head %}
! {{ inventory_hostname }}
{% endblock %}
{{ self.head() }}
""",
    "calls.j2": """{% macro wrap(v) %}<{{ caller(v) }}>{% endmacro %}
{% call(x) wrap('v') %}body {{ x }}{% endcall %}

{% filter upper %}
text {{ domain }}
{% endfilter %}
{% set text %}
captured {{ asn }}
{% endset %}
{{ text | trim }}|{{ text }}
{% raw %}{{ raw }} {% endraw %}{# gone #}
{%- for x in [1, 2, 3] if x != 2 -%}
  {{ x }}{{ ',' if not loop.last }}
{%- endfor +%}
done
""",
    "location.j2": "snmp-server location {{ location.site }} rack {{ location.rack }}\n",
    "location_guarded.j2": "{% if location is defined and location.site %}\nlocation {{ location.site }}\n{% endif %}\n{{ location.site | default('unknown') }}{{ (location | default({})).rack | default(0) + 1 }}\n",
    "omitted.j2": "{{ location | default(omit) }}\nend\n",
    "compare_undefined.j2": "{% if location.site == 'ams' %}\nx\n{% endif %}\n", "if_undefined.j2": "{% if location %}\nx\n{% endif %}\n", "loop_undefined.j2": "{% for x in location.racks %}{{ x }}{% endfor %}\n",
    "concat_undefined.j2": "a{{ 'b' ~ location.site }}\n", "mandatory.j2": "{{ location.site | mandatory }}\n",
    "hostvars.j2": "{% for h in groups['all'] %}\n{{ h }} {{ hostvars[h]['mgmt']['ip'] | ansible.utils.ipaddr('address') }}{{ ' *' if h == inventory_hostname }}\n{% endfor %}\n{% for h in groups['leaves'] if h != inventory_hostname %}\nneighbor {{ hostvars[h].router_id }}\n{% endfor %}\n",
    "one_expression.j2": "{{ interfaces }}", "one_expression_line.j2": "{{ interfaces }}\n", "one_number.j2": "{{ asn }}", "one_bool.j2": "{{ features.lldp | default(false) }}\n", "one_float.j2": "{{ 1.50 }}",
    "one_none.j2": "{{ none_value }}", "one_none_line.j2": "{{ none_value }}\n", "one_dict.j2": "{{ snmp }}", "one_text.j2": "{{ '  spaces ' }}", "looks_like_yaml.j2": "{{ '[1, 2]' }}", "looks_like_number.j2": "{{ '007' }}\n",
    "two_expressions.j2": "{{ none_value }}{{ asn }}", "only_set.j2": "{% set x = 1 %}", "only_comment.j2": "{# nothing #}\n", "empty.j2": "", "only_newline.j2": "\n",
    "newline_0.j2": "a{% if true %}b{% endif %}", "newline_1.j2": "a{% if true %}b{% endif %}\n", "newline_2.j2": "a{% if true %}b{% endif %}\n\n", "newline_3.j2": "{% if false %}b{% endif %}\n\n\n", "newline_4.j2": "{{ domain }}\n\n\n", "newline_5.j2": "{% for x in [1, 2] %}\n{{ x }}\n\n{% endfor %}",
    "nothing_1.j2": "{% if false %}\nx\n{% endif %}\n", "nothing_2.j2": "{% for x in [] %}\nx\n{% endfor %}\n\n", "nothing_3.j2": "{% set x = 1 %}\n{# nothing #}\n", "plain.j2": "no template\nat all\n\n", "blank.j2": "  \n",
    "newline_6.j2": "x\n{% include '_ntp.j2' %}", "newline_7.j2": "x\n{% include '_ntp.j2' %}\n", "newline_8.j2": "x\n{% include '_ntp.j2' %}\n\n", "newline_9.j2": "{% set t %}\ny\n{% endset %}\n{{ t }}\n",
    "crlf.j2": "a\r\n{% if true %}\r\nb\r\n{% endif %}\r\n{{ domain }}\r\n", "not_first_header.j2": "\n#jinja2: lstrip_blocks: True\n  {% if true %}\nx\n  {% endif %}\n", "header_twice.j2": "#jinja2: trim_blocks: False\n#jinja2: lstrip_blocks: True\n{% if true %}\nx\n{% endif %}\n",
    "header_spaces.j2": "#jinja2:trim_blocks:False,lstrip_blocks:True\n  {% if true %}\n  x\n  {% endif %}\n", "header_newline.j2": "#jinja2: newline_sequence: '\\r\\n'\na\nb\n",
    "syntax_error.j2": "line\n{% if x %}\n", "unknown_filter.j2": "{{ asn | nosuchfilter }}\n", "division.j2": "{{ asn // 0 }}\n", "type_error.j2": "{{ 'a' + asn }}\n",
    "backslashes.j2": "path C:\\\\temp {{ 'a\\\\nb' }} {{ 'a\\nb' }} {{ '\\\\d+' }} \\n\n", "unicode.j2": "Zürich — {{ 'naïve' | upper }} {{ ['é'] }} {{ {'ü': 'ß'} | to_json }}\n",
    "strings.j2": "{{ 'Ethernet1/2' | regex_search('[0-9]+') }} {{ 'Ethernet1/2' | regex_findall('[0-9]+') }} {{ '1,2;3' | split(',') }} {{ 'a b'.split() }} {{ 'eth0' is match('eth') }} {{ 'x eth0' is search('eth') }} {{ 'abc' | b64encode }} {{ 'YWJj' | b64decode }} {{ 'a/b.c' | basename }} {{ 'a' | comment }}\n",
    "sets.j2": "{{ [1, 2, 2, 3] | difference([2]) }} {{ [1, 2] | union([2, 3]) }} {{ [[1, 2], [3, [4]]] | flatten(levels=1) }} {{ [3, 1] | sort | first }} {{ ['a', 'b'] | zip([1, 2]) | list }} {{ {'a': 1} | combine({'b': 2}) }} {{ [{'key': 'a', 'value': 1}] | items2dict }} {{ ['b', 'a'] | product([1]) | list }}\n",
    "numbers.j2": "{{ '0x1f' | int(base=16) }} {{ 3.7 | int }} {{ 1024 | human_readable }} {{ '1K' | human_to_bytes }} {{ 2.5 | round }} {{ 8 | log(2) }} {{ 2 | pow(10) }} {{ 9 | root }} {{ 10 is divisibleby(5) }} {{ '5' | float + 1 }}\n",
    "tests.j2": "{{ [1, 2] is subset([1, 2, 3]) }} {{ [1, 2, 3] is superset([1]) }} {{ 1 in [1] }} {{ [true, false] is any }} {{ [true, true] is all }} {{ none_value is none }} {{ asn is number and asn is integer }} {{ domain is string }} {{ features is mapping }} {{ users is sequence }} {{ '192.0.2.1' is ansible.utils.ip }} {{ 'x' is ansible.utils.ip }} {{ 'yes' is truthy }} {{ [1, 'a'] is contains('a') }}\n",
}
