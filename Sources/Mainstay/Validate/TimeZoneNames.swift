// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning

/// The time zones that a pipeline names, though it has mistakes for which it cannot be read: they are told in one round.
struct TimeZoneNames: Sendable {
    private let timeZones: TimeZones

    init(_ timeZones: TimeZones) { self.timeZones = timeZones }

    func unknown(in bytes: [UInt8], file: String) -> [StrictProblem] {
        // What is no YAML was told as such.
        guard let root = try? YAML.documents(bytes, file: file).first?.node else { return [] }
        return Self.items(root["environments"]).flatMap { environment, place in
            Self.items(environment["windows"]).compactMap { window, number in
                guard let zone = window["timeZone"], let name = zone.value.string,
                    let message = WindowReview.problem(withTimeZone: name, timeZones)
                else { return nil }
                return StrictProblem(
                    file: file, position: zone.position, path: "environments[\(place)].windows[\(number)].timeZone",
                    message: message)
            }
        }
    }

    private static func items(_ node: YAMLNode?) -> [(YAMLNode, Int)] {
        guard case .sequence(let nodes)? = node?.content else { return [] }
        return nodes.enumerated().map { ($0.element, $0.offset) }
    }
}
