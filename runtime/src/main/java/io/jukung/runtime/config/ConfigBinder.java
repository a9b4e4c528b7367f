package io.jukung.runtime.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Sets the components of records from TOML tables, one key for each component. Unknown keys are
 * refused.
 */
final class ConfigBinder {
  private final UnaryOperator<String> sources;
  private final List<String> problems = new ArrayList<>();

  /**
   * Makes a binder.
   *
   * @param sources says for a dotted key, or for a table, where its setting is from, as the path of
   *     a file; messages begin with the answer
   */
  ConfigBinder(UnaryOperator<String> sources) {
    this.sources = sources;
  }

  /**
   * Returns the defaults with the settings of the table in their place.
   *
   * @throws ConfigException with every problem of the table
   */
  Config bind(ObjectNode table, Config defaults) throws ConfigException {
    Config config = bindTable(table, defaults, "");
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    return config;
  }

  private <R extends Record> R bindTable(ObjectNode table, R defaults, String prefix) {
    RecordComponent[] components = defaults.getClass().getRecordComponents();
    refuseUnknownKeys(table, components, prefix);
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      String name = ConfigKeys.name(components[i]);
      Object current = ConfigKeys.value(components[i], defaults);
      JsonNode node = table.get(name);
      try {
        values[i] = node == null ? current : bindValue(node, components[i], current, prefix + name);
      } catch (ConfigException e) {
        problems.addAll(e.problems());
        values[i] = current;
      }
    }
    return construct(defaults, components, values, prefix);
  }

  private void refuseUnknownKeys(ObjectNode table, RecordComponent[] components, String prefix) {
    var known = Arrays.stream(components).map(ConfigKeys::name).collect(Collectors.toSet());
    for (var entry : table.properties()) {
      if (!known.contains(entry.getKey())) {
        String key = prefix + entry.getKey();
        problems.add(
            "%s: unknown key %s, the nearest known key is %s"
                .formatted(sources.apply(key), key, ConfigKeys.nearest(key)));
      }
    }
  }

  private Object bindValue(JsonNode node, RecordComponent component, Object current, String key)
      throws ConfigException {
    if (current instanceof Record table && ConfigKeys.isTable(component)) {
      if (node instanceof ObjectNode object) {
        return bindTable(object, table, key + ".");
      }
      throw wrongType(key, "a table", node);
    }
    if (current instanceof Map<?, ?>) {
      return handlers(node, key);
    }
    return scalarOrList(node, component.getGenericType(), key);
  }

  /** The only tables whose names are the operator's. */
  private Map<String, Config.Handler> handlers(JsonNode node, String key) throws ConfigException {
    if (!(node instanceof ObjectNode tables)) {
      throw wrongType(key, "a table", node);
    }
    Map<String, Config.Handler> handlers = new TreeMap<>();
    for (Map.Entry<String, JsonNode> each : tables.properties()) {
      String name = key + "." + each.getKey();
      if (!(each.getValue() instanceof ObjectNode table)) {
        throw wrongType(name, "a table", each.getValue());
      }
      handlers.put(each.getKey(), bindTable(table, Config.Handler.DEFAULTS, name + "."));
    }
    return handlers;
  }

  private Object scalarOrList(JsonNode node, Type type, String key) throws ConfigException {
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      if (!node.isArray()) {
        throw wrongType(key, "an array", node);
      }
      var items = new ArrayList<Object>();
      for (JsonNode item : node) {
        items.add(scalar(item, (Class<?>) list.getActualTypeArguments()[0], key));
      }
      return List.copyOf(items);
    }
    return scalar(node, (Class<?>) type, key);
  }

  private Object scalar(JsonNode node, Class<?> type, String key) throws ConfigException {
    if (type == boolean.class) {
      if (!node.isBoolean()) {
        throw wrongType(key, "true or false", node);
      }
      return node.booleanValue();
    }
    if (type == int.class) {
      if (!node.isIntegralNumber() || !node.canConvertToInt()) {
        throw wrongType(key, "a whole number", node);
      }
      return node.intValue();
    }
    if (!node.isTextual()) {
      throw wrongType(key, kindOf(type), node);
    }
    try {
      return fromText(node.textValue(), type);
    } catch (InvalidPathException e) {
      throw new ConfigException(
          sources.apply(key) + ": " + key + ": not a path: " + e.getReason(), e);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(sources.apply(key) + ": " + key + ": " + e.getMessage(), e);
    }
  }

  private static Object fromText(String text, Class<?> type) {
    if (type == String.class) {
      return text;
    }
    if (type == Path.class) {
      Path path = Path.of(text);
      if (!path.isAbsolute()) {
        throw new IllegalArgumentException("not an absolute path: \"" + text + "\"");
      }
      return path.normalize();
    }
    if (type == Duration.class) {
      return DurationText.parse(text);
    }
    if (type == DataSize.class) {
      return DataSize.parse(text);
    }
    if (type == FileMode.class) {
      return FileMode.parse(text);
    }
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .filter(constant -> ConfigKeys.word(constant).equals(text))
          .findFirst()
          .orElseThrow(
              () -> new IllegalArgumentException("\"" + text + "\" is not " + kindOf(type)));
    }
    throw new IllegalStateException("no TOML form for " + type);
  }

  private static String kindOf(Class<?> type) {
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(constant -> "\"" + ConfigKeys.word(constant) + "\"")
          .collect(Collectors.joining(", ", "one of ", ""));
    }
    return switch (type.getSimpleName()) {
      case "Duration" -> "a duration like \"10s\"";
      case "DataSize" -> "a size like \"16MiB\"";
      case "FileMode" -> "a file mode like \"0660\"";
      case "Path" -> "a path";
      default -> "a string";
    };
  }

  private ConfigException wrongType(String key, String expected, JsonNode node) {
    return new ConfigException(
        "%s: %s must be %s, not the %s %s"
            .formatted(
                sources.apply(key),
                key,
                expected,
                node.getNodeType().name().toLowerCase(Locale.ROOT),
                node));
  }

  private <R extends Record> R construct(
      R like, RecordComponent[] components, Object[] values, String prefix) {
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      @SuppressWarnings("unchecked") // the class of a record is exact: records are final
      Class<R> type = (Class<R>) like.getClass();
      return type.getDeclaredConstructor(types).newInstance(values);
    } catch (InvocationTargetException e) {
      Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
      String problem = prefix + cause.getMessage(); // begins with a key
      problems.add(sources.apply(problem.split(" ", 2)[0]) + ": " + problem);
      return like;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "record " + like.getClass() + " has no usable constructor", e);
    }
  }
}
