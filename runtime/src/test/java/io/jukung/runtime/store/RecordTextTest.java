package io.jukung.runtime.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.linux.namespace.IdMappings;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Compares what is written by hand with what Jackson writes for the same records. */
class RecordTextTest {
  private static final ObjectMapper JACKSON = JsonMapper.builder().build();
  private static final int ROUNDS = 300;
  private static final String ODD_CHARACTERS = "ab \"\\/\b\f\n\r\t\u0000\u001f\u007fäΩ漢😀{}[]:,";

  private final Random random = new Random(13);

  @Test
  void writesContainersAsJacksonDoes() throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      ContainerRecord record = any(ContainerRecord.class);
      requireSame(RecordText.of(record), record);
    }
  }

  @Test
  void writesSandboxesAsJacksonDoes() throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      SandboxRecord record = any(SandboxRecord.class);
      requireSame(RecordText.of(record), record);
    }
  }

  @Test
  void writesStatusAsJacksonDoes() throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      ContainerStatusRecord record = any(ContainerStatusRecord.class);
      requireSame(RecordText.of(record), record);
    }
  }

  /** The same text, so the same members in the same order, and the same ones left out. */
  private static void requireSame(byte[] written, Object record) throws IOException {
    assertThat(new String(written, StandardCharsets.UTF_8))
        .isEqualTo(JACKSON.writeValueAsString(record));
  }

  /** Makes a record with arbitrary values, of which some are empty, zero or absent. */
  private <T> T any(Class<T> type) throws ReflectiveOperationException {
    RecordComponent[] components = type.getRecordComponents();
    Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(components[i].getGenericType(), isOptional(components[i]));
    }
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      return type.cast(type.getDeclaredConstructor(types).newInstance(values));
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(type + " with " + Arrays.toString(values), e.getCause());
    }
  }

  private static boolean isOptional(RecordComponent component) {
    return component.getAnnotatedType().getAnnotations().length > 0;
  }

  private @Nullable Object value(Type type, boolean optional) throws ReflectiveOperationException {
    if (optional && random.nextInt(3) == 0) {
      return null;
    }
    if (type instanceof ParameterizedType generic) {
      return generic.getRawType() == List.class
          ? list(generic.getActualTypeArguments()[0])
          : map(generic.getActualTypeArguments()[1]);
    }
    Class<?> plain = (Class<?>) type;
    if (plain == String.class) {
      // An empty text where null is allowed is read back as null.
      String text = text();
      return optional && text.isEmpty() ? null : text;
    }
    if (plain == boolean.class) {
      return random.nextBoolean();
    }
    if (plain == int.class) {
      return random.nextInt(3) == 0 ? 0 : random.nextInt();
    }
    if (plain == long.class || plain == Long.class) {
      return random.nextInt(3) == 0 ? 0L : random.nextLong();
    }
    if (plain.isEnum()) {
      return plain.getEnumConstants()[random.nextInt(plain.getEnumConstants().length)];
    }
    if (plain == IdMappings.Range.class) {
      return new IdMappings.Range(random.nextInt(100_000), 1 + random.nextInt(65_536));
    }
    return any(plain);
  }

  private List<Object> list(Type of) throws ReflectiveOperationException {
    Object[] values = new Object[random.nextInt(3)];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(of, false);
    }
    return List.of(values);
  }

  private Map<String, Object> map(Type of) throws ReflectiveOperationException {
    Map<String, Object> values = new LinkedHashMap<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      values.put(text() + i, value(of, false));
    }
    return values;
  }

  private String text() {
    int[] characters =
        random
            .ints(random.nextInt(12), 0, (int) ODD_CHARACTERS.codePoints().count())
            .map(i -> ODD_CHARACTERS.codePoints().skip(i).findFirst().orElseThrow())
            .toArray();
    return new String(characters, 0, characters.length);
  }
}
