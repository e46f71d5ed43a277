import Testing

@testable import XMLDocuments

struct XMLTreeDifferenceTests {
    @Test func `entries are matched by what looks like their key, not by place`() throws {
        let old = try XMLElement(
            parsing: "<d xmlns='urn:d'><i><name>a</name><mtu>1</mtu></i><i><name>b</name><mtu>2</mtu></i></d>")
        let new = try XMLElement(
            parsing:
                "<x:d xmlns:x='urn:d'><x:i><x:name>b</x:name><x:mtu>3</x:mtu></x:i><x:i><x:name>c</x:name></x:i></x:d>")
        #expect(
            XMLTreeDifference.between(old, new).map { "\($0.kind) \($0.path.joined(separator: "/"))" } == [
                "removed i[name='a']", "changed i[name='b']/mtu", "added i[name='c']",
            ])
        #expect(XMLTreeDifference.between(old, old).isEmpty)
    }
}
