package io.jukung.runtime.log;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.jukung.runtime.store.LogNames;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** What lines of the log say of a request: names and ids only, so that no secret gets there. */
public final class RequestSubject {
  private static final String CONTAINER = "container_id";
  private static final String SANDBOX = "pod_sandbox_id";

  /** The fields that say what a request is about; the first that is set counts. */
  private static final List<String> FIELDS = List.of(CONTAINER, SANDBOX, "image");

  /** Characters of a subject. Longer than any usual name of an image. */
  private static final int MAX_LENGTH = 200;

  /** Finds the names of sandboxes and containers by their ids, once the daemon knows any. */
  private static volatile Function<String, Optional<String>> names = _ -> Optional.empty();

  private RequestSubject() {}

  /**
   * Sets where names are found.
   *
   * @param byId returns quickly, and empty for an unknown or ambiguous id
   */
  public static void findNamesBy(Function<String, Optional<String>> byId) {
    names = byId;
  }

  /** The name of the call, as {@code RunPodSandbox}. */
  public static String call(Message request) {
    String type = request.getDescriptorForType().getName();
    return type.endsWith("Request") ? type.substring(0, type.length() - "Request".length()) : type;
  }

  /** The pod, container or image that a request is about; "-" if it is about no single object. */
  public static String of(Message request) {
    for (String field : FIELDS) {
      String value = field(request, field);
      if (!value.isEmpty()) {
        String shown = field.equals("image") ? value : named(value);
        return bounded(shown + newName(request));
      }
    }
    String name = newName(request);
    return name.isEmpty() ? "-" : bounded(name.strip());
  }

  /** The id of the container that a request is about; may be empty. */
  public static String container(Message request) {
    return field(request, CONTAINER);
  }

  /** The id of the sandbox that a request is about; may be empty. */
  public static String sandbox(Message request) {
    return field(request, SANDBOX);
  }

  private static String named(String id) {
    return names.apply(id).orElseGet(() -> LogNames.id(id));
  }

  /** What the request gives a name to: a pod, or a container of a pod. */
  private static String newName(Message request) {
    return message(request, "config")
        .flatMap(config -> message(config, "metadata"))
        .map(
            metadata -> {
              String namespace = field(metadata, "namespace");
              String name = field(metadata, "name");
              return " " + (namespace.isEmpty() ? name : namespace + "/" + name);
            })
        .orElse("");
  }

  private static Optional<Message> message(Message parent, String name) {
    FieldDescriptor field = parent.getDescriptorForType().findFieldByName(name);
    return field != null
            && !field.isRepeated()
            && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
            && parent.hasField(field)
        ? Optional.of((Message) parent.getField(field))
        : Optional.empty();
  }

  private static String field(Message message, String name) {
    FieldDescriptor field = message.getDescriptorForType().findFieldByName(name);
    if (field == null || field.isRepeated()) {
      return "";
    }
    Object value = message.getField(field);
    return value instanceof Message nested ? field(nested, name) : value.toString();
  }

  private static String bounded(String subject) {
    return subject.length() <= MAX_LENGTH ? subject : subject.substring(0, MAX_LENGTH) + "…";
  }
}
