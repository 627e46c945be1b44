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
        var isWatch: Bool
        var endsWatch: Bool
        var status: Int
        var responseHeaders: Object
        var responseBody: Value?
        var events: [Value]?
    }

    var setup: [Exchange]
    var exchanges: [Exchange]

    init(named name: String, file: String = #filePath) throws {
        let folder = URL(filePath: file).deletingLastPathComponent().appending(path: "Transcripts")
        let bytes = [UInt8](try Data(contentsOf: folder.appending(path: "\(name).json")))
        let root = try JSON.parse(bytes)
        setup = (root["setup"]?.array ?? []).map { Exchange(request: $0, response: [:], note: "") }
        exchanges = (root["exchanges"]?.array ?? []).map {
            Exchange(
                request: $0["request"] ?? [:], response: $0["response"] ?? [:], note: $0["note"]?.string ?? "")
        }
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
        isWatch = request["watch"]?.bool ?? false
        endsWatch = note == "watch ends"
        status = Int(response["status"]?.integer ?? 0)
        responseHeaders = response["headers"]?.object ?? Object()
        responseBody = response["body"]
        events = response["events"]?.array
    }
}
