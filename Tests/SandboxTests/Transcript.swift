// SPDX-License-Identifier: Apache-2.0

import Foundation
import Manifests

/// A recorded conversation with a real API server (`Transcripts/*.json`).
struct Transcript {
    struct Exchange {
        var method: String
        var path: String
        var headers: [(name: String, value: String)]
        var body: Value?
        var rawBody: String?
        /// `none`, a token, or `service account NAMESPACE/NAME`; nil for the recorder's own credentials.
        var auth: String?
        var isWatch: Bool
        var endsWatch: Bool
        var status: Int
        var responseHeaders: Object
        var responseBody: Value?
        var events: [Value]?
        /// The newest time in the answer: when it was given, or before. Nil without any.
        var recordedTime: Timestamp?
    }

    /// In the order in which they were recorded on one server.
    static let scenarios = [
        "discovery", "namespaces", "configmap-crud", "server-side-apply-configmap", "server-side-apply-deployment",
        "immutable-and-invalid", "watch", "custom-resources", "access", "rollout-success", "rollout-image-missing",
        "rollout-crash", "rollout-stateful-and-jobs", "tables-and-events", "openapi", "defaults", "mistakes",
    ]

    var name: String
    /// Requests that were made before or between the exchanges, without being recorded.
    var setup: [Exchange]
    var exchanges: [Exchange]

    init(named name: String, file: String = #filePath) throws {
        self.name = name
        let folder = URL(filePath: file).deletingLastPathComponent().appending(path: "Transcripts")
        let bytes = [UInt8](try Data(contentsOf: folder.appending(path: "\(name).json")))
        let root = try JSON.parse(bytes)
        setup = (root["setup"]?.array ?? []).map { Exchange(request: $0, response: [:], note: "") }
        exchanges = (root["exchanges"]?.array ?? []).map {
            Exchange(
                request: $0["request"] ?? [:], response: $0["response"] ?? [:], note: $0["note"]?.string ?? "")
        }
        if name == "rollout-success" { correctImage() }
    }

    /// The recorder changed the body it had sent first before it wrote it down: exchange 1 was recorded with the image
    /// that exchange 6 rolls out. The answer tells what was sent.
    private mutating func correctImage() {
        let containers = exchanges[1].responseBody?["spec"]?["template"]?["spec"]?["containers"]
        guard let image = containers?[0]?["image"], var body = exchanges[1].body?.object,
            var container = body.value(at: "spec", "template", "spec", "containers")?[0]?.object
        else { return }
        container["image"] = image
        body.set([.object(container)], at: "spec", "template", "spec", "containers")
        exchanges[1].body = .object(body)
    }
}

extension Transcript.Exchange {
    init(request: Value, response: Value, note: String) {
        method = request["method"]?.string ?? ""
        path = request["path"]?.string ?? ""
        headers = [(name: "User-Agent", value: "python-requests/2.32")]
        if let accept = request["accept"]?.string { headers.append((name: "Accept", value: accept)) }
        body = request["body"]
        rawBody = request["rawBody"]?.string
        if let type = request["contentType"]?.string {
            headers.append((name: "Content-Type", value: type))
        } else if body != nil {
            headers.append((name: "Content-Type", value: "application/json"))
        }
        auth = request["auth"]?.string
        isWatch = request["watch"]?.bool ?? false
        endsWatch = note == "watch ends"
        status = Int(response["status"]?.integer ?? 0)
        responseHeaders = response["headers"]?.object ?? Object()
        responseBody = response["body"]
        events = response["events"]?.array
        recordedTime = Self.newestTime(in: responseBody)
    }

    private static func newestTime(in value: Value?) -> Timestamp? {
        switch value {
        case .object(let object): object.pairs.compactMap { newestTime(in: $0.value) }.max()
        case .array(let list): list.compactMap { newestTime(in: $0) }.max()
        case .string(let text) where text.utf8.count == 20 && text.hasSuffix("Z"):
            Timestamp(text).flatMap { day.contains($0) ? $0 : nil }
        default: nil
        }
    }

    /// When the recordings were made; other times are the users'.
    private static let day =
        Timestamp(secondsSinceEpoch: 1_795_219_200)...Timestamp(secondsSinceEpoch: 1_795_305_600)
}
