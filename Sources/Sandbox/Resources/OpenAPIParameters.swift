// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The parameters that operations take, by name.
enum OpenAPIParameters {
    static let list = [
        "allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion",
        "resourceVersionMatch", "sendInitialEvents", "shardSelector", "timeoutSeconds", "watch",
    ]
    static let delete = [
        "dryRun", "gracePeriodSeconds", "ignoreStoreReadErrorWithClusterBreakingPotential", "orphanDependents",
        "propagationPolicy",
    ]
    static let deleteCollection = (list + delete).filter { $0 != "allowWatchBookmarks" && $0 != "watch" }.sorted()

    static func values(_ names: [String]) -> Value { .array(names.map(value)) }

    private static func value(_ name: String) -> Value {
        let isInPath = name == "name" || name == "namespace"
        var object: Object = ["name": .string(name), "in": isInPath ? "path" : "query"]
        if isInPath { object["required"] = true }
        object["schema"] = ["type": .string(type(name)), "uniqueItems": true]
        return .object(object)
    }

    private static func type(_ name: String) -> String {
        switch name {
        case "limit", "timeoutSeconds", "gracePeriodSeconds": "integer"
        case "allowWatchBookmarks", "force", "ignoreStoreReadErrorWithClusterBreakingPotential", "orphanDependents",
            "sendInitialEvents", "watch":
            "boolean"
        default: "string"
        }
    }
}

/// What operations answer.
enum OpenAPIResponses {
    static func of(_ schema: Value, codes: [Int], watch: Bool, isCustom: Bool) -> Value {
        var media = ["application/json"]
        if watch { media.append("application/json;stream=watch") }
        if !isCustom {
            media.append("application/vnd.kubernetes.protobuf")
            if watch { media.append("application/vnd.kubernetes.protobuf;stream=watch") }
        }
        media.append("application/yaml")
        let content: Value = .object(Object(media.map { ($0, ["schema": schema]) }))
        var responses = Object()
        for code in codes {
            let description = code == 200 ? "OK" : code == 201 ? "Created" : "Accepted"
            responses[String(code)] = ["description": .string(description), "content": content]
        }
        responses["401"] = ["description": "Unauthorized"]
        return .object(responses)
    }
}
