internal import Synchronization
public import Diagnostics

/// Everything templates share: settings, loader, filters, tests, globals and the templates compiled so far.
public struct TemplateEnvironment: Sendable {
    let core: EnvironmentCore

    /// The standard filters and tests, then the packs in order; a later pack replaces equal names.
    public init(
        settings: TemplateSettings = TemplateSettings(), loader: any TemplateLoader = DictionaryLoader([:]),
        packs: [TemplatePack] = [], globals: TemplateValue = TemplateValue(map: [(key: String, value: TemplateValue)]())
    ) {
        core = EnvironmentCore(settings, loader, [StandardPack.pack] + packs, globals)
    }

    /// Compiles a source, under a name when it has one.
    public func compile(name: String?, source: String) throws(TemplateError) -> CompiledTemplate {
        do throws(EvaluationError) {
            return try core.compile(name, Array(source.utf8))
        } catch {
            throw TemplateError(error, source: Array(source.utf8), name: name ?? "<template>")
        }
    }

    /// Loads and compiles a template by name; compiled templates are kept.
    public func template(_ name: String) throws(TemplateError) -> CompiledTemplate {
        do throws(EvaluationError) {
            return try core.load(name)
        } catch {
            throw TemplateError(error, source: [], name: name)
        }
    }

    /// What is wrong with a source, found without rendering; empty when it compiles.
    public func check(name: String, source: String) -> [Finding] {
        do throws(TemplateError) {
            _ = try compile(name: name, source: source)
            return []
        } catch {
            return [error.finding]
        }
    }
}

/// The shared part of an environment.
final class EnvironmentCore: Sendable {
    let settings: TemplateSettings
    private let rules: LexicalRules
    let loader: any TemplateLoader
    let filters: [String: TemplateFunction]
    let tests: [String: TemplateFunction]
    let globals: TemplateValue
    /// Names of the language's own filters and tests that a pack put something else in the place of.
    let replacedFilters: Set<String>
    let replacedTests: Set<String>
    private struct CacheKey: Hashable {
        var name: String
        var syntax: TemplateSyntax?
    }
    private let cache = Mutex<[CacheKey: CompiledTemplate]>([:])

    init(_ settings: TemplateSettings, _ loader: any TemplateLoader, _ packs: [TemplatePack], _ globals: TemplateValue)
    {
        self.settings = settings
        rules = LexicalRules(settings.syntax)
        self.loader = loader
        var (filters, tests): ([String: TemplateFunction], [String: TemplateFunction]) = ([:], [:])
        var (replacedFilters, replacedTests): (Set<String>, Set<String>) = ([], [])
        let all = DictValue()
        for pack in packs {
            replacedFilters.formUnion(pack.filters.keys.filter { filters[$0] != nil })
            replacedTests.formUnion(pack.tests.keys.filter { tests[$0] != nil })
            filters.merge(pack.filters) { _, new in new }
            tests.merge(pack.tests) { _, new in new }
            for (name, function) in pack.globals.sorted(by: { $0.key < $1.key }) {
                all.set(name, .object(FunctionValue(name, function)))
            }
        }
        // Ansible's word for leaving a value out; in a text it is nothing.
        if settings.printedForm == .ansible { all.set("omit", .none) }
        if case .dict(let given) = globals {
            given.forEachEntry { key, hash, value in all.set(key, hash: hash, value) }
        }
        all.isFrozen = true
        (self.replacedFilters, self.replacedTests) = (replacedFilters, replacedTests)
        (self.filters, self.tests, self.globals) = (filters, tests, .dict(all))
    }

    /// - Parameter given: How to read it, when another template loads it and says so.
    func compile(
        _ name: String?, _ source: [UInt8], as given: TemplateSyntax? = nil
    ) throws(EvaluationError) -> CompiledTemplate {
        if let offset = Self.firstOffsetThatIsNotUTF8(in: source) {
            let error = EvaluationError(.syntaxError, "the template is not UTF-8 text from here on; save it as UTF-8")
            error.sourceOffset = offset
            throw error
        }
        let parser = try Parser(source, given.map { LexicalRules($0) } ?? rules, maximumDepth: settings.nesting)
        var syntaxOfLoaded: TemplateSyntax?
        if settings.syntax.readsHeader {
            syntaxOfLoaded = parser.syntax
            syntaxOfLoaded?.readsHeader = false
        }
        let tree = try parser.parse()
        var compiler = Compiler(tree, name: name, core: self, syntaxOfLoaded: syntaxOfLoaded)
        let template = try compiler.compile()
        template.finalNewlines = CompiledTemplate.finalNewlines(of: source)
        return template
    }

    private static func firstOffsetThatIsNotUTF8(in source: [UInt8]) -> Int? {
        if String(validating: source, as: UTF8.self) != nil { return nil }
        var parser = Unicode.UTF8.ForwardParser()
        var (bytes, offset) = (source.makeIterator(), 0)
        while case .valid(let scalar) = parser.parseScalar(from: &bytes) { offset += scalar.count }
        return offset
    }

    /// - Parameter syntax: How to read it, when another template loads it and says so.
    func load(_ name: String, as syntax: TemplateSyntax? = nil) throws(EvaluationError) -> CompiledTemplate {
        let key = CacheKey(name: name, syntax: syntax)
        if let known = cache.withLock({ $0[key] }) { return known }
        guard let source = try loader.source(of: name) else { throw EvaluationError(.templateNotFound, name) }
        let compiled: CompiledTemplate
        do throws(EvaluationError) {
            compiled = try compile(name, source, as: syntax)
        } catch {
            error.failedSource = (name, source)
            throw error
        }
        cache.withLock { $0[key] = compiled }
        return compiled
    }
}

/// What a render produced.
public struct RenderedOutput: Sendable {
    /// The text as UTF-8.
    public var bytes: [UInt8]
    /// One per output line, when annotation was asked for.
    public var lines: [LineOrigin] = []
    /// The text.
    public var string: String { String(decoding: bytes, as: UTF8.self) }
}

/// Where an output line comes from.
public struct LineOrigin: Sendable, Equatable {
    /// A place in a template.
    public struct Place: Sendable, Equatable {
        /// The template's name.
        public var template: String
        /// From 1.
        public var line: Int
        /// All members at once.
        public init(template: String, line: Int) { (self.template, self.line) = (template, line) }
    }
    /// Innermost first: the line that wrote, then the calls and includes that led there.
    public var places: [Place]
    /// The variables printed on the line, in order, and what they printed.
    public var variables: [Variable]
    /// A variable and the text it printed.
    public struct Variable: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// The text it printed.
        public var value: String
        /// All members at once.
        public init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }
}

/// Choices for one render.
public struct RenderOptions: Sendable {
    /// Whether to say for each output line where it comes from.
    public var annotate = false
    /// All members at once.
    public init(annotate: Bool = false) { self.annotate = annotate }
}

extension CompiledTemplate {
    /// Renders with a dict of variables. The context is not changed: a template that changes its data gets a copy.
    public func render(
        context: TemplateValue, options: RenderOptions = RenderOptions()
    ) throws(TemplateError) -> RenderedOutput {
        do throws(EvaluationError) {
            return try render(context, options, isPrivate: mutates.load())
        } catch  where error.needsPrivateCopy {
            mutates.store()
            do throws(EvaluationError) {
                return try render(context, options, isPrivate: true)
            } catch {
                throw TemplateError(error, source: source, name: name ?? "<template>")
            }
        } catch {
            throw TemplateError(error, source: source, name: name ?? "<template>")
        }
    }

    /// Everything that is wrong with a render, for those who would rather correct all of it at once: each use of an undefined
    /// value, once for its place in the template, and the error of another kind that ends the render, if there is one.
    ///
    /// Empty when the render succeeds. A condition that depends on an undefined value leaves out its whole statement, so that
    /// nothing is reported which may not happen.
    public func problems(context: TemplateValue) -> [TemplateError] {
        var isPrivate = mutates.load()
        while true {
            let gatherer = UndefinedGatherer()
            var errors: [EvaluationError] = []
            do throws(EvaluationError) {
                _ = try render(context, RenderOptions(annotate: true), isPrivate: isPrivate, gatherer)
            } catch  where error.needsPrivateCopy && !isPrivate {
                isPrivate = true
                mutates.store()
                continue
            } catch {
                errors = [error]
            }
            return (gatherer.errors + errors).map { TemplateError($0, source: source, name: name ?? "<template>") }
        }
    }

    private func render(
        _ context: TemplateValue, _ options: RenderOptions, isPrivate: Bool, _ gatherer: UndefinedGatherer? = nil
    ) throws(EvaluationError) -> RenderedOutput {
        var copies: [ObjectIdentifier: TemplateValue] = [:]
        let data = isPrivate ? context.privateCopy(&copies) : context
        guard case .dict(let variables) = data else {
            throw EvaluationError(.typeError, "the context of a render is a dict, not \(context.typeName)")
        }
        let state = RenderState(core: core, limits: core.settings.limits, autoescape: core.settings.autoescape)
        defer { state.releaseHeld() }
        if options.annotate { state.recorder = LineRecorder() }
        state.gatherer = gatherer
        let scope = TemplateContext(template: self, data: variables, globals: core.globals)
        try Machine(state).runTemplate(self, scope)
        var bytes = state.output.bytes()
        let isSomething = !bytes.isEmpty || source.allSatisfy { $0 == 0x0A }
        if core.settings.restoresFinalNewlines, isSomething, state.solePrintIsText {
            let missing = finalNewlines - Self.finalNewlines(of: bytes)
            for _ in 0..<max(0, missing) { bytes += core.settings.syntax.newlineSequence.utf8 }
        }
        return RenderedOutput(bytes: bytes, lines: state.recorder?.lines(of: bytes, state) ?? [])
    }
}

extension CompiledTemplate {
    static func finalNewlines(of bytes: [UInt8]) -> Int { bytes.reversed().prefix { $0 == 0x0A }.count }
}

/// A flag that renders on several threads may set.
final class SharedFlag: Sendable {
    private let value = Mutex(false)
    func load() -> Bool { value.withLock { $0 } }
    func store() { value.withLock { $0 = true } }
}
