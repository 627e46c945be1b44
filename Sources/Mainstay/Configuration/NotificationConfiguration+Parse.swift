// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import Planning
internal import Transport

extension Configuration.Notifications {
    init(_ fields: StrictMap) {
        stuckAfter = fields.optional("stuckAfter") ?? stuckAfter
        if stuckAfter < .seconds(60) { fields.report("must be at least 1m", at: "stuckAfter") }
        receivers = fields.maps("receivers", Self.receiver).compactMap { $0 }
        let entries = fields.maps("routes", NotificationRouteEntry.init)
        routes = entries.map(\.route)
        let names = receivers.map(\.name)
        for receiver in entries.flatMap(\.receivers) where !receiver.path.isEmpty && !names.contains(receiver.value) {
            let ending = Suggestion.ending(for: receiver.value, among: names)
            fields.context.report("there is no receiver \"\(receiver.value.prefix(80))\"\(ending)", at: receiver)
        }
        for (index, name) in names.enumerated() where !name.isEmpty && names[..<index].contains(name) {
            fields.report("the receiver \"\(name)\" stands twice", at: "receivers")
        }
    }

    private static func receiver(_ fields: StrictMap) -> Configuration.Receiver? {
        let name: String = fields.required("name")
        if !name.isEmpty, !isName(name) {
            fields.report("must be a name of letters, digits, \"-\" and \"_\" (at most 63)", at: "name")
        }
        let found = NotificationService.allCases.compactMap { service in
            fields.map(service.rawValue) { ReceiverFields(name: name, service: service, fields: $0).receiver }
        }
        guard found.count == 1 else {
            let services = NotificationService.allCases.map(\.rawValue).joined(separator: ", ")
            fields.report("a receiver needs exactly one of \(services)")
            return nil
        }
        return found.first
    }

    /// It stands in metrics and in pipelines.
    private static func isName(_ text: String) -> Bool {
        text.utf8.count <= 63
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte &- UInt8(ascii: "0") <= 9
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
    }

    /// Relative paths are relative to the file they stand in.
    mutating func resolvePaths(_ resolve: (inout String) -> Void) {
        for index in receivers.indices {
            if case .file(var path) = receivers[index].url {
                resolve(&path)
                receivers[index].url = .file(path)
            }
            if case .file(var path) = receivers[index].secret {
                resolve(&path)
                receivers[index].secret = .file(path)
            }
            if var path = receivers[index].caFile {
                resolve(&path)
                receivers[index].caFile = path
            }
        }
    }
}

/// What each service needs.
private struct ReceiverFields {
    let name: String
    let service: NotificationService
    let fields: StrictMap

    var receiver: Configuration.Receiver {
        var receiver = Configuration.Receiver(name: name, service: service)
        receiver.caFile = fields.optional("caFile")
        switch service {
        case .webhook:
            receiver.url = url(orSecret: true)
            receiver.secret = credential("signingKey")
        case .slack:
            // Who has the URL can write to the channel.
            fields.refuse("url", "is a secret: name a file (urlFile) or a Secret (urlSecret) that holds it")
            receiver.url = required("url", credential("url"))
        case .pagerduty:
            receiver.url = url(default: "https://events.pagerduty.com/v2/enqueue")
            receiver.secret = required("routingKey", credential("routingKey"))
        case .alertmanager:
            receiver.url = url()
            receiver.username = fields.optional("username")
            receiver.secret = credential(receiver.username == nil ? "token" : "password")
            if receiver.username != nil { _ = required("password", receiver.secret) }
        case .email: readMail(&receiver)
        case .github: readGit(&receiver, "repository", default: "https://api.github.com")
        case .gitlab: readGit(&receiver, "project", default: "https://gitlab.com")
        case .gitea: readGit(&receiver, "repository", default: nil)
        }
        if case .value(let url) = receiver.url, receiver.sendsSecrets, !url.hasPrefix("https://"),
            service != .email, !LoopbackHost.isNamed(in: url)
        {
            fields.report("must be https: credentials are sent to it", at: "url")
        }
        return receiver
    }

    private func readGit(_ receiver: inout Configuration.Receiver, _ name: String, default url: String?) {
        receiver.repository = fields.required(name)
        let parts = receiver.repository.split(separator: "/", omittingEmptySubsequences: false)
        let isNumber = name == "project" && Int(receiver.repository) != nil
        let isPath = parts.count >= 2 && (name == "project" || parts.count == 2)
        if !receiver.repository.isEmpty, !(isNumber || isPath) || parts.contains("") || parts.contains("..") {
            fields.report("must be OWNER/NAME", at: name)
        }
        receiver.url = self.url(default: url)
        receiver.secret = required("token", credential("token"))
    }

    private func readMail(_ receiver: inout Configuration.Receiver) {
        let server: String = fields.required("server")
        receiver.url = .value(server)
        let authority = server.dropFirst(server.hasPrefix("smtps://") ? 8 : 7)
        if !server.isEmpty,
            !(server.hasPrefix("smtp://") || server.hasPrefix("smtps://")) || ListenAddress(String(authority)) == nil
        {
            fields.report("must be smtp://HOST:PORT (STARTTLS) or smtps://HOST:PORT (TLS from the start)", at: "server")
        }
        receiver.from = address(fields.required("from"), "from")
        let to: [String] = fields.required("to")
        receiver.to = to.map { address($0, "to") }
        receiver.username = fields.optional("username")
        receiver.secret = credential("password")
        if receiver.username != nil { _ = required("password", receiver.secret) }
        let tls: MailSecurity = fields.optional("tls") ?? .required
        receiver.isPlain = tls == .none
        let isHere = LoopbackHost.isNamed(in: "http://\(authority)")
        if receiver.isPlain, receiver.username != nil, !isHere {
            fields.report("would send the password for everyone to read", at: "tls")
        }
    }

    private func address(_ text: String, _ field: String) -> String {
        if !text.isEmpty, !MailAddress.isValid(text) {
            fields.report("must be a plain address such as ops@example.com", at: field)
        }
        return text
    }

    /// Where the service is; the value itself unless it may be a secret.
    private func url(orSecret: Bool = false, default standard: String? = nil) -> Configuration.Credential? {
        let hidden = orSecret ? credential("url") : nil
        let given: String? = fields.optional("url")
        if hidden != nil, given != nil { fields.report("has no effect beside urlFile or urlSecret", at: "url") }
        if let hidden { return hidden }
        guard let url = given ?? standard else {
            fields.report("\"url\" is missing")
            return nil
        }
        let isURL =
            (url.hasPrefix("https://") || url.hasPrefix("http://")) && !url.contains("@")
            && url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        if !isURL { fields.report("must be an http(s):// URL without credentials in it", at: "url") }
        return .value(url)
    }

    /// `tokenFile: PATH`, or `tokenSecret: NAMESPACE/NAME/KEY`.
    private func credential(_ name: String) -> Configuration.Credential? {
        let file: String? = fields.optional("\(name)File")
        let secret: String? = fields.optional("\(name)Secret")
        if file != nil, secret != nil { fields.report("has no effect beside \(name)File", at: "\(name)Secret") }
        if let file {
            if file.isEmpty { fields.report("must be a path, not empty", at: "\(name)File") }
            return .file(file)
        }
        guard let secret else { return nil }
        let parts = secret.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, !parts.contains("") else {
            fields.report("must be NAMESPACE/NAME/KEY of a Secret", at: "\(name)Secret")
            return nil
        }
        return .secret(namespace: parts[0], name: parts[1], key: parts[2])
    }

    private func required(_ name: String, _ credential: Configuration.Credential?) -> Configuration.Credential? {
        if credential == nil, !fields.isEmpty { fields.report("needs \(name)File or \(name)Secret") }
        return credential
    }
}

enum MailSecurity: String, StrictChoice {
    case required, none

    static var placeholder: Self { .required }
}

extension Configuration.Receiver {
    /// Whoever listens on the way could use what is sent.
    var sendsSecrets: Bool {
        switch service {
        case .webhook: false
        case .slack, .pagerduty, .github, .gitlab, .gitea: true
        case .alertmanager, .email: secret != nil
        }
    }
}
