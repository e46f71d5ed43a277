internal import DeviceInventory
package import Diagnostics
package import SourceDocuments
internal import StateChecks

extension Contract {
    /// - Parameter fields: Inventory fields the site declares, for selectors.
    package static func read(_ document: SourceDocument, fields: [String], warnings: inout Findings)
        throws(Findings) -> Contract
    {
        try DocumentReader.read(document.root, area: "contract", warnings: &warnings) { root in
            root.mapping("a contract") { keys -> Contract? in
                keys.format(format)
                let devices = keys.required("devices")
                let selector = devices.flatMap { DeviceSelector.read($0, fields: fields) }
                let configurations = keys.required("config").flatMap { readConfigurations($0, fields) }
                let templates = keys.optional("templates").flatMap(readTemplates)
                let checks = keys.optional("checks").map { readChecks($0, fields) } ?? ([], [])
                let rollout = keys.optional("rollout").flatMap { readRollout($0, fields) }
                let stale = keys.optional("stale")?.choice(Stale.self)
                let captures = keys.optional("capture")?.list { readCommand($0) }
                let save = keys.optional("save")?.choice(Save.self)
                let accepted = keys.optional("accept")?.list { $0.choice(acceptableWeaknesses) }
                let dialogs = keys.optional("dialogs")?.list(readDialog)
                let rotates = keys.optional("rotates")?.strings()
                guard let devices, let selector, let configurations else { return nil }
                return Contract(
                    devices: selector, devicesNode: devices.node, configurations: configurations,
                    templates: templates ?? Templates(), checksBefore: checks.0, checksAfter: checks.1,
                    rollout: rollout ?? .standard,
                    stale: stale ?? .touched, captures: captures ?? [], save: save ?? .afterConfirm,
                    accepted: accepted ?? [], dialogs: dialogs ?? [], rotates: rotates ?? [])
            }
        }
    }

    // MARK: config

    private static func readConfigurations(_ reader: NodeReader, _ fields: [String]) -> [Configuration]? {
        let read = reader.list { element -> (reader: NodeReader, id: String, value: Configuration)? in
            readConfiguration(element, fields).map { (element, $0.id, $0) }
        }
        guard let read else { return nil }
        DocumentWords.unique(read, "clause")
        if read.isEmpty {
            reader.report("no-config", "the contract changes nothing", remedy: "add a clause with a template")
        }
        return read.map(\.value)
    }

    private static func readConfiguration(_ reader: NodeReader, _ fields: [String]) -> Configuration? {
        reader.mapping("a clause") { keys -> Configuration? in
            let id = keys.required("id").flatMap(DocumentWords.identifier)
            let template = keys.optional("template")
            let netconf = keys.optional("netconf")
            let devices = keys.required("devices")
            let selector = devices.flatMap { DeviceSelector.read($0, fields: fields) }
            let ownership = keys.optional("ownership")?.choice(Ownership.self) ?? .merge
            let sections = keys.optional("sections")
            let headers = sections?.strings()
            let satisfies = keys.optional("satisfies")?.strings()
            if ownership == .section, headers?.isEmpty ?? true, sections == nil || headers != nil {
                reader.report(
                    "no-sections", "`ownership: section` does not say which sections are ours",
                    remedy: "add, for example, `sections: [\"router bgp 64500\"]`")
            } else if ownership != .section, let sections {
                sections.report(
                    "sections-without-ownership", "`sections` means something only with `ownership: section`",
                    remedy: "write `ownership: section`, or remove `sections`")
            }
            guard let source = readSource(reader, template, netconf) else { return nil }
            guard let id, let devices, let selector else { return nil }
            return Configuration(
                id: id, source: source, devices: selector, devicesNode: devices.node, ownership: ownership,
                sections: headers ?? [], satisfies: satisfies ?? [], place: reader.node.position.description)
        }
    }

    private static func readSource(_ reader: NodeReader, _ template: NodeReader?, _ netconf: NodeReader?)
        -> Configuration.Source?
    {
        switch (template, netconf) {
        case (let template?, nil):
            return DocumentWords.relativePath(template, below: "templates").map { .template($0) }
        case (nil, let netconf?):
            return DocumentWords.relativePath(netconf, below: "templates").map { .netconf($0) }
        case (.some, .some):
            reader.report(
                "two-sources", "the clause has both `template` and `netconf`",
                remedy: "make two clauses: one for CLI lines, one for edit-config content")
        case (nil, nil):
            reader.report(
                "no-source", "the clause has no template",
                remedy: "add `template: templates/NAME.j2` for CLI lines or `netconf: templates/NAME.xml.j2`")
        }
        return nil
    }

    // MARK: templates

    private static func readTemplates(_ reader: NodeReader) -> Templates? {
        reader.mapping("template settings") { keys -> Templates? in
            var templates = Templates()
            if let style = keys.optional("style")?.choice(Templates.Style.self) { templates.style = style }
            templates.packs = keys.optional("packs")?.list { $0.choice(Templates.packNames) }
            templates.undefined = keys.optional("undefined")?.choice(Templates.Undefined.self)
            templates.trimBlocks = keys.optional("trim-blocks")?.bool()
            templates.lstripBlocks = keys.optional("lstrip-blocks")?.bool()
            templates.keepTrailingNewline = keys.optional("keep-trailing-newline")?.bool()
            return templates
        }
    }

    // MARK: checks

    private static func readChecks(_ reader: NodeReader, _ fields: [String]) -> ([StateCheck], [StateCheck]) {
        reader.mapping("checks") { keys -> ([StateCheck], [StateCheck])? in
            let before = keys.optional("before").flatMap { StateCheck.readList($0) }
            let after = keys.optional("after").flatMap { StateCheck.readList($0) }
            for check in (before ?? []) + (after ?? []) {
                _ = DeviceSelector.read(NodeReader(check.devices, name: "devices", reader.collector), fields: fields)
            }
            return (before ?? [], after ?? [])
        } ?? ([], [])
    }

    // MARK: rollout

    private static func readRollout(_ reader: NodeReader, _ fields: [String]) -> Rollout? {
        reader.mapping("a rollout") { keys -> Rollout? in
            let transaction = keys.optional("transaction")?.choice(Rollout.Transaction.self)
            let waves = keys.optional("waves").flatMap { readWaves($0, fields) }
            let failed = keys.optional("stop-when")?.mapping("a stop rule") { stop -> Int? in
                stop.required("failed")?.int(in: 1...100_000)
            }
            let timeout = keys.optional("confirm-timeout")?.duration(in: .seconds(10) ... .seconds(86_400))
            let onSplit = keys.optional("on-split")?.choice(Rollout.OnSplit.self)
            let standard = Rollout.standard
            return Rollout(
                transaction: transaction ?? standard.transaction, waves: waves ?? [],
                stopWhenFailed: failed ?? standard.stopWhenFailed, confirmTimeout: timeout ?? standard.confirmTimeout,
                onSplit: onSplit ?? standard.onSplit)
        }
    }

    private static func readWaves(_ reader: NodeReader, _ fields: [String]) -> [Wave]? {
        let read = reader.list { element -> (reader: NodeReader, id: String, value: Wave)? in
            element.mapping("a wave") { keys -> Wave? in
                let name = keys.required("name").flatMap(DocumentWords.identifier)
                let devices = keys.optional("devices")
                let selector = devices.flatMap { DeviceSelector.read($0, fields: fields) }
                let batch = keys.optional("batch").flatMap(readBatch)
                let soak = keys.optional("soak")?.duration(in: .zero ... .seconds(86_400))
                guard let name else { return nil }
                return Wave(
                    name: name, devices: selector, devicesNode: devices?.node, batch: batch, soak: soak ?? .zero)
            }.map { (element, $0.name, $0) }
        }
        guard let read else { return nil }
        DocumentWords.unique(read, "wave")
        for item in read.dropLast() where item.value.devicesNode == nil {
            item.reader.report(
                "wave-takes-all", "the wave “\(item.id)” names no devices, so nothing is left for later waves",
                remedy: "add `devices:` to it, or put it last")
        }
        return read.map(\.value)
    }

    private static func readBatch(_ reader: NodeReader) -> Wave.Batch? {
        guard let text = reader.string() else { return nil }
        let isPercent = text.hasSuffix("%")
        let digits = isPercent ? text.dropLast() : text[...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits), number >= 1,
            !isPercent || number <= 100
        else {
            reader.report(
                "batch", "“\(text)” is not a batch", remedy: "write a number of devices, or a share like 50%")
            return nil
        }
        return isPercent ? .percent(number) : .count(number)
    }

    // MARK: the rest

    private static func readCommand(_ reader: NodeReader) -> String? {
        guard let text = reader.string() else { return nil }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            reader.report(
                "command", "the command holds a control character", remedy: "write one command per element, on one line"
            )
            return nil
        }
        return text
    }

    private static func readDialog(_ reader: NodeReader) -> Dialog? {
        reader.mapping("a dialog") { keys -> Dialog? in
            let command = keys.required("command").flatMap(readCommand)
            let expect = keys.required("expect")?.string()
            let answer = keys.required("answer")?.text()
            guard let command, let expect, let answer else { return nil }
            return Dialog(command: command, expect: expect, answer: answer)
        }
    }
}

extension Contract.Rollout {
    /// What holds when the contract does not say otherwise: everything or nothing, stop at the first failure.
    package static let standard = Contract.Rollout(
        transaction: .network, waves: [], stopWhenFailed: 1, confirmTimeout: .seconds(300), onSplit: .back)
}
