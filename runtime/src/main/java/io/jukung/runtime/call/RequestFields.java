package io.jukung.runtime.call;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.jukung.cri.CriException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of each field of CRI's requests, as listed in request-fields.txt, and the check that
 * the text in a request looks as the list says. What the text means is checked where it is used.
 * Thread-safe.
 */
public final class RequestFields {
  private static final String FILE = "request-fields.txt";

  /** What jukung does with a field. request-fields.txt says what the words mean. */
  public enum Treatment {
    USED,
    CHECKED,
    REFUSED,
    NOTHING
  }

  /**
   * A field of a request.
   *
   * @param request the name of the request's message
   * @param path the names of the fields that lead to it, with dots between them
   * @param kind what its text has to look like; null if the field is no text
   * @param reason why the field changes nothing; empty for other treatments
   */
  public record Listed(
      String request,
      String path,
      Treatment treatment,
      RequestText.@Nullable Kind kind,
      String reason) {}

  /** The fields of a message that are text, or that lead to text. */
  private record Node(Map<String, Node> fields, RequestText.@Nullable Kind kind) {
    static Node inner() {
      return new Node(new HashMap<>(), null);
    }
  }

  private static final class Loaded {
    static final Map<String, Node> BY_REQUEST = tree(list());
  }

  private RequestFields() {}

  /**
   * Checks all text of a request. Requests that are not listed, which are those of jukung's own
   * protocol, are not checked.
   *
   * @throws CriException INVALID_ARGUMENT that names the field
   */
  public static void check(Message request) {
    if (request.getSerializedSize() == 0) {
      return; // Nothing to check: the first answers need neither the list nor the descriptors.
    }
    Descriptor type = request.getDescriptorForType();
    Node node = Loaded.BY_REQUEST.get(type.getName());
    if (node != null) {
      check(request, node, callName(type) + ": ");
    }
  }

  private static String callName(Descriptor type) {
    return type.getName().replaceFirst("Request$", "");
  }

  private static void check(Message message, Node node, String path) {
    for (Map.Entry<FieldDescriptor, Object> set : message.getAllFields().entrySet()) {
      Node child = node.fields().get(set.getKey().getName());
      if (child == null) {
        continue;
      }
      String name = path + set.getKey().getName();
      if (set.getValue() instanceof List<?> values) {
        for (Object each : values) {
          checkValue(each, child, name);
        }
      } else {
        checkValue(set.getValue(), child, name);
      }
    }
  }

  private static void checkValue(Object value, Node node, String name) {
    RequestText.Kind kind = node.kind();
    if (kind == null) {
      if (value instanceof Message inner) {
        check(inner, node, name + ".");
      }
    } else if (value instanceof Message entry) {
      // The entry of a map is a message with the fields key and value.
      entry.getAllFields().values().forEach(each -> checkValue(each, node, name));
    } else {
      kind.check(name, value instanceof ByteString bytes ? bytes.toString(UTF_8) : (String) value);
    }
  }

  private static Map<String, Node> tree(List<Listed> all) {
    Map<String, Node> roots = new HashMap<>();
    for (Listed each : all) {
      if (each.kind() == null || each.kind() == RequestText.Kind.TEXT) {
        continue;
      }
      Node node = roots.computeIfAbsent(each.request(), name -> Node.inner());
      String[] names = each.path().split("\\.", -1);
      for (int i = 0; i < names.length - 1; i++) {
        node = node.fields().computeIfAbsent(names[i], name -> Node.inner());
      }
      node.fields().put(names[names.length - 1], new Node(Map.of(), each.kind()));
    }
    return roots;
  }

  /** All fields that are listed, in the order of the list. */
  public static List<Listed> list() {
    try (InputStream in = RequestFields.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException(FILE + " is not in the jar");
      }
      List<Listed> result = new ArrayList<>();
      String[] requests = {};
      for (String line : new String(in.readAllBytes(), UTF_8).split("\n", -1)) {
        if (line.startsWith(" ")) {
          for (String request : requests) {
            result.add(parse(request, line.strip()));
          }
        } else if (!line.isEmpty() && !line.startsWith("#")) {
          requests = line.split(" ", -1);
        }
      }
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Listed parse(String request, String line) {
    String[] words = line.split(" {2}", -1);
    RequestText.Kind kind = words.length > 2 ? RequestText.Kind.named(words[2]) : null;
    int reason = kind == null ? 2 : 3;
    return new Listed(
        request,
        words[0],
        Treatment.valueOf(words[1].toUpperCase(Locale.ROOT)),
        kind,
        words.length > reason ? words[reason] : "");
  }
}
