package io.jukung.engine.request;

import io.jukung.engine.http.HttpError;
import java.util.Optional;

/** The field RestartPolicy of a new container and of an update. */
public final class RestartPolicies {
  private RestartPolicies() {}

  /**
   * Reads the field.
   *
   * @param fields the object that has it
   * @return the policy as the daemon takes it; empty if the request names none
   * @throws HttpError 400 if there is no such policy
   */
  public static Optional<String> read(Fields fields) {
    Fields policy = fields.object("RestartPolicy");
    String name = policy.text("Name");
    long count = policy.number("MaximumRetryCount");
    policy.requireNoOther();
    if (count != 0 && !name.equals("on-failure")) {
      throw HttpError.badRequest(
          "invalid restart policy: maximum retry count can only be used with 'on-failure'");
    }
    if (count < 0) {
      throw HttpError.badRequest("invalid restart policy: maximum retry count cannot be negative");
    }
    return switch (name) {
      case "" -> Optional.empty();
      case "no", "always", "unless-stopped" -> Optional.of(name);
      case "on-failure" -> Optional.of(count > 0 ? name + ":" + count : name);
      default ->
          throw HttpError.badRequest("invalid restart policy: unknown policy '" + name + "'");
    };
  }
}
