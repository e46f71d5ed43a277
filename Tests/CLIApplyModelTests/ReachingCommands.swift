import CLIApplyModel
import CLIConfiguration
import Testing

/// The commands from one configuration to another, which the apply model has carried out there and back: none refused, and nothing
/// differs at either end.
func commands(
    _ platform: String, _ running: String, _ intended: String, sourceLocation: SourceLocation = #_sourceLocation
) throws -> [String] {
    let dialect = try #require(CLIDialect.named(platform), sourceLocation: sourceLocation)
    let (observed, wanted) = (CLITree(parsing: running, dialect: dialect), CLITree(parsing: intended, dialect: dialect))
    let change = CLIRemediation(from: observed, to: [(wanted, .replace)], secrets: .shown)
    let after = CLIApplyModel.applying(change.forward, to: observed)
    #expect(after.refused.isEmpty, sourceLocation: sourceLocation)
    #expect(CLIDiff(from: after.tree, to: wanted).text == "", sourceLocation: sourceLocation)
    let back = CLIApplyModel.applying(change.forward + change.backout, to: observed)
    #expect(back.refused.isEmpty, sourceLocation: sourceLocation)
    #expect(CLIDiff(from: back.tree, to: observed).text == "", sourceLocation: sourceLocation)
    return change.forward.map(\.text)
}
