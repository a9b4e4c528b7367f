package io.jukung.runtime.spec;

import com.google.protobuf.ByteString;
import io.jukung.cri.CriException;
import io.jukung.cri.v1.KeyValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Builds a process's environment. Each name appears once, with the value that was set last. */
final class Environment {
  private static final String DEFAULT_PATH =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private final Map<String, String> values = new LinkedHashMap<>();

  Environment() {
    values.put("PATH", DEFAULT_PATH);
  }

  Environment set(String name, String value) {
    values.put(name, value);
    return this;
  }

  Environment setIfAbsent(String name, String value) {
    values.putIfAbsent(name, value);
    return this;
  }

  /** Sets each {@code NAME=value}. A word without a value is ignored, as Docker does. */
  Environment addWords(List<String> words) {
    for (String word : words) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        set(word.substring(0, equals), word.substring(equals + 1));
      }
    }
    return this;
  }

  /**
   * Sets the variables of the request. Error messages never contain values, which may be secrets.
   *
   * @throws CriException INVALID_ARGUMENT if a name is invalid or a value is not UTF-8
   */
  Environment addContainer(List<KeyValue> variables) {
    for (KeyValue variable : variables) {
      String name = variable.getKey();
      if (name.isEmpty() || name.indexOf('=') >= 0) {
        throw CriException.invalidArgument(
            "config.envs: \"" + name + "\" is not a valid name of an environment variable");
      }
      ByteString value = variable.getValue();
      if (!value.isValidUtf8()) {
        throw CriException.invalidArgument("the value of config.envs " + name + " is not UTF-8");
      }
      set(name, value.toStringUtf8());
    }
    return this;
  }

  List<String> toList() {
    return values.entrySet().stream().map(each -> each.getKey() + "=" + each.getValue()).toList();
  }
}
