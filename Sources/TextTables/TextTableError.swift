package import Diagnostics

/// Why a template could not be used, or a text could not be read with it.
package struct TextTableError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The template breaks a rule of the language; `position` says where.
        case template = "textfsm.template"
        /// A rule of the template says that the text is none it knows (`-> Error`).
        case state = "textfsm.state"
        /// Reading took more time, steps or rows than allowed.
        case limit = "textfsm.limit"
        /// The index file is wrong.
        case index = "textfsm.index"
        /// No row of the index is for this platform and command.
        case noTemplate = "textfsm.no-template"
        /// The index names a template that is not there.
        case missingTemplate = "textfsm.missing-template"
        /// Tables of several templates do not fit together.
        case merge = "textfsm.merge"
    }
    package var code: Code
    /// What happened.
    package var what: String
    /// In the template or the index.
    package var position: SourcePosition?
    /// The next useful step.
    package var remedy: String

    package init(_ code: Code, _ what: String, at position: SourcePosition? = nil, remedy: String) {
        (self.code, self.what, self.position, self.remedy) = (code, what, position, remedy)
    }

    package var description: String { finding.description }

    /// The same as a finding.
    package var finding: Finding { Finding(code: code.rawValue, what: what, at: position, remedy: remedy) }
}
