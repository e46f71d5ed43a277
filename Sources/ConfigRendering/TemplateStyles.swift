internal import DesignContracts
internal import JinjaTemplates
internal import TemplatePacks

extension Contract.Templates {
    /// What the templates' tool does, with what the contract says otherwise.
    var settings: TemplateSettings {
        var settings = TemplateSettings()
        settings.undefined = (undefined ?? style.undefined).kind
        settings.syntax.trimBlocks = trimBlocks ?? (style != .jinja2)
        settings.syntax.lstripBlocks = lstripBlocks ?? (style == .netlab)
        settings.syntax.keepTrailingNewline = keepTrailingNewline ?? false
        settings.restoresFinalNewlines = keepTrailingNewline == nil && style == .ansible
        settings.printedForm = style == .ansible ? .ansible : .python
        settings.syntax.extensions = [.do, .loopControls]
        settings.syntax.readsHeader = style == .ansible
        return settings
    }

    /// The packs by their names, or the style's.
    var chosenPacks: [TemplatePack] {
        guard let packs else { return style.packs }
        return packs.compactMap(TemplatePacks.named)
    }
}

extension Contract.Templates.Style {
    fileprivate var undefined: Contract.Templates.Undefined {
        switch self {
        case .ansible, .avd: .strictChainable
        case .netlab: .strictChainableFalsy
        case .sonic, .jinja2: .lenient
        }
    }

    /// A tool's own pack comes last, so that its names mean what they mean there.
    fileprivate var packs: [TemplatePack] {
        let own: String? =
            switch self {
            case .ansible, .avd: nil
            case .netlab: "netlab"
            case .sonic: "sonic"
            case .jinja2: ""
            }
        guard let own else { return TemplatePacks.standard }
        return own.isEmpty ? [] : TemplatePacks.standard + [TemplatePacks.named(own)].compactMap { $0 }
    }
}

extension Contract.Templates.Undefined {
    fileprivate var kind: UndefinedKind {
        switch self {
        case .strictChainable: .strictChainable
        case .strictChainableFalsy: .strictChainableFalsy
        case .strict: .strict
        case .chainable: .chainable
        case .lenient: .lenient
        }
    }
}
