import DeviceConfiguration
import Diagnostics
import Testing

/// Where findings about rendered XML point.
@Suite struct `Places of NETCONF findings in templates` {
    private func place(_ rendered: String, _ template: String) throws -> String? {
        let model = YANGConfigurationModel(schema: try #require(try YANGSchema.named("lab_router")))
        let fragment = IntendedFragment(
            clause: "c", ownership: .merge, text: rendered,
            provenance: rendered.split(separator: "\n", omittingEmptySubsequences: false).indices.map {
                LineProvenance(clause: "c", positions: [SourcePosition(file: "t.j2", line: $0 + 1, column: 1)])
            },
            templateLines: template.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
        return model.check([fragment]).all.first { $0.severity == .error }?.position?.description
    }

    @Test func `the tag is found in the template, whatever is printed before it`() throws {
        let open = "<system xmlns=\"urn:asbuilt:lab-router\">"
        #expect(
            try place("\(open)\n  <wrong>1</wrong>\n</system>", "\(open)\n  <wrong>1</wrong>\n</system>") == "t.j2:2:3")
        #expect(
            try place(
                "\(open)\n <contact>somebody</contact><wrong>1</wrong>\n</system>",
                "\(open)\n <contact>{{ who }}</contact><wrong>1</wrong>\n</system>") == "t.j2:2:30")
        #expect(
            try place(
                "\(open)\n <contact>somebody</contact><hostname>a b</hostname></system>",
                "\(open)\n <contact>{{ contact }}</contact>{# x #}<hostname>{{ name }}</hostname></system>")
                == "t.j2:2:41")
    }

    @Test func `a loop on one line leaves the column open`() throws {
        let start = "<interfaces xmlns=\"urn:asbuilt:lab-router\">"
        let one = "<interface><name>A</name></interface>"
        #expect(
            try place(
                "\(start)\n<interface><name>eth1</name></interface>\(one)</interfaces>",
                "\(start)\n{% for i in x %}<interface><name>{{ i }}</name></interface>{% endfor %}</interfaces>")
                == "t.j2:2:1")
    }
}
