import CLIConfiguration
import Testing

@Suite struct `Dialect texts` {
    @Test(arguments: DialectSource.all.map(\.name)) func `every dialect that ships compiles without a problem`(_ name: String) {
        #expect(DialectSource.all.first { $0.name == name }?.problems == [])
        #expect(CLIDialect.named(name) != nil)
    }
}
