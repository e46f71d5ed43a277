package import DesignContracts
internal import DeviceConfiguration
package import DeviceInventory
package import Diagnostics
internal import JinjaTemplates
internal import SourceDocuments
internal import TemplatePacks
internal import TextPatterns

/// Turns a contract and an inventory into what each device shall hold, every line with its origin. Pure: templates come
/// in as `TemplateSources`, nothing else is read.
package struct ConfigRenderer: Sendable {
    private let engagement: LoadedEngagement
    private let contract: Contract
    private let inventory: Inventory
    private let templates: TemplateEnvironment
    private let identifiers: Set<String>
    /// Lines of the templates, by path: where in one a finding points.
    private let lines: [String: [String]]
    private let variables: TemplateVariables

    /// - Parameters:
    ///   - inventory: With the engagement's `vars/` laid over it.
    ///   - sources: The engagement's templates.
    package init(_ engagement: LoadedEngagement, inventory: Inventory, sources: TemplateSources) throws(Findings) {
        guard let contract = engagement.contract else {
            throw Findings([
                Finding(
                    code: "contract.missing", what: "there is no contract yet, so there is nothing to render",
                    at: SourcePosition(file: EngagementFolder.contractFile),
                    remedy: "write contract.yaml; `asbuilt schema contract` describes it")
            ])
        }
        self.engagement = engagement
        self.contract = contract
        self.inventory = inventory
        templates = TemplateEnvironment(
            settings: contract.templates.settings, loader: sources,
            packs: contract.templates.chosenPacks + [SecretFunction.pack])
        identifiers = sources.identifiers
        lines = sources.lines
        variables = TemplateVariables(inventory)
    }

    /// One rendering per device of the contract, sorted by name; or everything that is wrong, for all devices at once.
    ///
    /// Warnings are returned beside. Devices are rendered in parallel.
    /// - Parameters:
    ///   - device: Only this device's, when given.
    ///   - tracingOrigins: Whether each line is to say where it comes from; without it fragments have no provenance.
    @concurrent package func render(only device: String? = nil, tracingOrigins: Bool = true) async throws(Findings) -> (
        devices: [DeviceRendering], warnings: Findings
    ) {
        let (everything, warnings) = try assignments()
        let work = everything.filter { device == nil || $0.device.name == device }
        if let device, work.isEmpty {
            let names = everything.map(\.device.name)
            let meant = ClosestWord.find(device, among: names).map { "did you mean \($0)? " } ?? ""
            throw Findings([
                Finding(
                    code: "render.unknown-device", what: "the contract has nothing for `\(device)`",
                    remedy: meant + "It is for \(names.prefix(12).joined(separator: ", "))"
                        + (names.count > 12 ? " and \(names.count - 12) more" : ""))
            ])
        }
        let width = 8
        let results = await withTaskGroup(of: [(Int, Result<DeviceRendering, RenderingFailures>)].self) { group in
            for lane in 0..<min(width, work.count) {
                group.addTask {
                    stride(from: lane, to: work.count, by: width).map { index in (index, render(work[index], tracingOrigins)) }
                }
            }
            var all: [Int: Result<DeviceRendering, RenderingFailures>] = [:]
            for await part in group { for (index, result) in part { all[index] = result } }
            return work.indices.compactMap { all[$0] }
        }
        var rendered: [DeviceRendering] = []
        var failures = MergedFailures()
        for (assignment, result) in zip(work, results) {
            switch result {
            case .success(let rendering): rendered.append(rendering)
            case .failure(let found): failures.add(found, of: assignment.device.name)
            }
        }
        if !failures.isEmpty {
            var all = warnings
            all.add(contentsOf: failures.findings)
            throw all.sorted()
        }
        return (rendered, warnings)
    }

    // MARK: Who gets what

    private struct Assignment: Sendable {
        var device: Device
        var endpoint: Endpoint
        var clauses: [Contract.Configuration]
    }

    private func assignments() throws(Findings) -> (work: [Assignment], warnings: Findings) {
        var findings = Findings()
        let scope = Set(
            select(engagement.specification.scope, engagement.specification.scopeNode, &findings).map(\.name))
        let devices = select(contract.devices, contract.devicesNode, &findings)
        for device in devices where !scope.contains(device.name) && !scope.isEmpty {
            add(
                "contract.outside-scope",
                "the contract selects \(device.name), which is outside the scope the specification sets",
                contract.devicesNode, "narrow `devices` in contract.yaml, or amend the scope in spec.md", &findings)
        }
        var clauses: [String: [Contract.Configuration]] = [:]
        let selected = Set(devices.map(\.name))
        for clause in contract.configurations {
            let chosen = select(clause.devices, clause.devicesNode, &findings).filter { selected.contains($0.name) }
            if chosen.isEmpty, !devices.isEmpty {
                add(
                    "contract.clause-selects-nothing",
                    "clause `\(clause.id)` selects none of the contract's devices", clause.devicesNode,
                    "loosen its `devices`, or remove the clause", &findings)
            }
            for device in chosen { clauses[device.name, default: []].append(clause) }
        }
        var work: [Assignment] = []
        for device in devices {
            guard let own = clauses[device.name] else {
                add(
                    "contract.device-without-clause", "no clause of the contract is for \(device.name)",
                    contract.devicesNode, "exclude it from `devices`, or write a clause for it", &findings, .warning)
                continue
            }
            if let endpoint = endpoint(of: device, own, &findings) {
                work.append(Assignment(device: device, endpoint: endpoint, clauses: own))
            }
        }
        try findings.throwIfErrors()
        return (work, findings)
    }

    private func endpoint(of device: Device, _ clauses: [Contract.Configuration], _ findings: inout Findings)
        -> Endpoint?
    {
        var kinds: [Endpoint.Kind: Contract.Configuration] = [:]
        for clause in clauses {
            switch clause.source {
            case .template: kinds[.cli] = kinds[.cli] ?? clause
            case .netconf: kinds[.netconf] = kinds[.netconf] ?? clause
            }
        }
        if let cli = kinds[.cli], let netconf = kinds[.netconf] {
            add(
                "contract.two-endpoints",
                "\(device.name) would be changed by CLI (clause `\(cli.id)`) and by NETCONF (clause `\(netconf.id)`)",
                netconf.devicesNode,
                "change a device through one endpoint per engagement: select it in one of the clauses only", &findings)
            return nil
        }
        guard let (kind, clause) = kinds.first else { return nil }
        guard let endpoint = device.endpoint(kind) else {
            add(
                "contract.no-endpoint",
                "clause `\(clause.id)` needs \(device.name) to have a \(kind.rawValue) endpoint, and it has none",
                clause.devicesNode,
                "add `endpoints: { \(kind.rawValue): ssh://… }` to the device in inventory/devices.yaml",
                &findings)
            return nil
        }
        return endpoint
    }

    private func select(_ selector: DeviceSelector, _ node: DocumentNode, _ findings: inout Findings) -> [Device] {
        do {
            let found = try inventory.devices(matching: selector)
            if found.isEmpty {
                add(
                    "selector.matches-nothing", "“\(selector.text)” selects no device", node,
                    "`asbuilt inventory list` shows all devices", &findings)
            }
            return found
        } catch {
            add(
                "selector.pattern", "\(error.what), in the pattern \(error.pattern)", node, error.remedy, &findings)
            return []
        }
    }

    private func add(
        _ code: String, _ what: String, _ node: DocumentNode, _ remedy: String, _ findings: inout Findings,
        _ severity: Finding.Severity = .error
    ) {
        let finding = Finding(
            severity, code: code, what: what, at: node.position, remedy: remedy,
            excerpt: node.source.excerpt(at: node.position))
        if !findings.all.contains(finding) { findings.add(finding) }
    }

    // MARK: One device

    private func render(_ assignment: Assignment, _ tracingOrigins: Bool) -> Result<DeviceRendering, RenderingFailures> {
        let device = assignment.device
        var (findings, failures) = (Findings(), RenderingFailures())
        let variables: [(key: String, value: TemplateValue)]
        do throws(Findings) { variables = try self.variables.values(of: device) } catch {
            return .failure(RenderingFailures(error))
        }
        let context = device.templateContext(variables)
        var fragments: [IntendedFragment] = []
        for clause in assignment.clauses {
            var compiled: CompiledTemplate?
            do throws(TemplateError) {
                let template = try templates.template(Self.name(clause.source.path))
                compiled = template
                let output = try template.render(context: context, options: RenderOptions(annotate: tracingOrigins))
                if output.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) {
                    add(
                        "contract.renders-nothing", "clause `\(clause.id)` (\(clause.source.path)) renders to nothing",
                        clause.devicesNode, "exclude the device from the clause, or correct the template's conditions",
                        &findings)
                    continue
                }
                fragments.append(fragment(clause, output))
            } catch {
                // One undefined value was the end of it; what else is missing is found by going on behind it.
                let problems = compiled?.problems(context: context) ?? []
                for problem in problems.isEmpty ? [error] : problems { failures.add(problem) }
            }
        }
        var references: [CredentialReference] = []
        for placeholder in fragments.flatMap({ SecretPlaceholder.all(in: $0.text) }) {
            if let reference = CredentialReference(placeholder.reference), !references.contains(reference) {
                references.append(reference)
            }
        }
        if findings.hasErrors || !failures.isEmpty {
            failures.add(findings)
            return .failure(failures)
        }
        return .success(
            DeviceRendering(
                device: device, endpoint: assignment.endpoint, fragments: fragments, secrets: references,
                readVariables: Set(variables.lazy.filter { identifiers.contains($0.key) }.map { [$0.key] })))
    }

    private func fragment(_ clause: Contract.Configuration, _ output: RenderedOutput) -> IntendedFragment {
        let ownership: DeviceConfiguration.Ownership =
            switch clause.ownership {
            case .merge: .merge
            case .section: .section
            case .replace: .replace
            }
        return IntendedFragment(
            clause: clause.id, ownership: ownership, text: output.string,
            provenance: output.lines.map { line in
                LineProvenance(
                    clause: clause.id,
                    positions: line.places.map {
                        SourcePosition(file: TemplateSources.path(of: $0.template), line: $0.line, column: 1)
                    },
                    variables: Dictionary(
                        line.variables.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }))
            },
            templateLines: output.lines.map { line in
                guard let place = line.places.first, let lines = lines[TemplateSources.path(of: place.template)],
                    lines.indices.contains(place.line - 1)
                else { return "" }
                return lines[place.line - 1]
            })
    }

    /// A template's name below `templates/`.
    private static func name(_ path: String) -> String {
        let prefix = EngagementFolder.templatesFolder + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }
}
