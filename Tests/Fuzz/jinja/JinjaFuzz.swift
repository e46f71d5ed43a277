import FuzzChecks
import JinjaTemplates
import TemplatePacks

/// Any bytes as a template: compiled, and rendered with a little data and few steps. The first byte chooses settings.
///
/// Whatever is written must stay within the limits, come out the same a second time, and leave shared data unchanged.
@main struct JinjaFuzz {
    private static let context = TemplateValue(map: [
        (key: "x", value: TemplateValue(list: [.int(1), .double(2.5), TemplateValue("eth0"), .none, .bool(true)])),
        (key: "d", value: TemplateValue(map: [(key: "a", value: .int(7)), (key: "b", value: TemplateValue("ünï\n"))])),
        (key: "s", value: TemplateValue("Ethernet1/1")), (key: "i", value: .int(-9_223_372_036_854_775_807)),
        (key: "big", value: TemplateValue(integer: "123456789012345678901234567890") ?? .none),
        (key: "t", value: TemplateValue(tuple: [.int(1), TemplateValue("10.0.0.1/24")])),
        (key: "m", value: TemplateValue(markup: "<b>")),
    ])

    private static func environment(_ head: UInt8, _ source: String) -> TemplateEnvironment {
        var settings = TemplateSettings()
        settings.syntax.extensions = [.do, .loopControls, .i18n, .debug]
        settings.syntax.trimBlocks = head & 1 != 0
        settings.syntax.lstripBlocks = head & 2 != 0
        settings.autoescape = head & 4 != 0
        if head & 8 != 0 { (settings.syntax.lineStatementPrefix, settings.syntax.lineCommentPrefix) = ("#", "##") }
        settings.undefined = UndefinedKind.allCases[Int(head >> 4) % UndefinedKind.allCases.count]
        settings.limits.fuel = 20_000
        settings.limits.outputBytes = 1 << 16
        settings.limits.textBytes = 1 << 20
        settings.limits.items = 50_000
        settings.limits.recursion = 40
        return TemplateEnvironment(
            settings: settings, loader: DictionaryLoader(["self": source, "inc": "{{ s }}{% set y = x %}"]),
            packs: head & 0x80 != 0 ? TemplatePacks.all : [])
    }

    static func main() {
        FuzzChecks.run { input in
            guard let head = input.first else { return }
            let source = String(decoding: input.dropFirst(), as: UTF8.self)
            let environment = environment(head, source)
            guard let template = try? environment.compile(name: "self", source: source) else { return }
            _ = template.variables
            let first = try? template.render(context: context, options: RenderOptions(annotate: head & 0x40 != 0))
            guard let first else { return }
            FuzzChecks.expect(first.bytes.count <= 1 << 16, "the output exceeds its limit")
            FuzzChecks.expect(String(validating: first.bytes, as: UTF8.self) != nil, "the output is no UTF-8")
            guard !source.contains("random") && !source.contains("now") else { return }
            let second = try? template.render(context: context)
            FuzzChecks.expect(second?.bytes == first.bytes, "a second render differs")
        }
    }
}
