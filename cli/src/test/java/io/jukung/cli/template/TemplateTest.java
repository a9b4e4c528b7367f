package io.jukung.cli.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TemplateTest {
  private static final Shape SHAPE =
      new Shape(
          Set.of("Health"),
          Set.of("Labels"),
          Map.of(
              "Label",
              name -> TextNode.valueOf(Map.of("a", "1", "b", "2").getOrDefault(name, ""))));

  @ParameterizedTest
  @MethodSource("templates")
  void templatePrintsWhatGoPrints(String template, String expected) throws IOException {
    assertThat(Template.parse(template).apply(data(), SHAPE)).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("errors")
  void errorNamesThePositionAndTheReason(String template, String expected) throws IOException {
    JsonNode data = data();
    assertThatThrownBy(() -> Template.parse(template).apply(data, SHAPE))
        .isInstanceOf(TemplateException.class)
        .hasMessage("template, " + expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{{.Cmd}}          | []",
        "{{json .Cmd}}     | null",
        "{{len .Cmd}}      | 0",
        "{{if .Cmd}}a{{else}}b{{end}} | b",
        "{{range .Cmd}}a{{else}}b{{end}} | b",
        "{{.Config.OnBuild}} | []",
        "{{.Labels}}       | map[]",
        "{{.Labels.a}}     | <no value>",
        "{{.Init}}         | <no value>",
      })
  void listsAndMapsThatAreNilArePrintedAsEmptyOnes(String template, String expected)
      throws IOException {
    JsonNode data =
        new ObjectMapper()
            .readTree("{\"Cmd\": null, \"Labels\": null, \"Init\": null, \"Config\": {}}");
    Shape shape =
        new Shape(Set.of("OnBuild"), Set.of("Labels"), Set.of("Cmd", "OnBuild"), Map.of());
    assertThat(Template.parse(template).apply(data, shape)).isEqualTo(expected);
  }

  @Test
  void templateThatIsTooDeepIsRefused() {
    String deep = "{{if 1}}".repeat(5000) + "{{end}}".repeat(5000);
    assertThatThrownBy(() -> Template.parse(deep)).hasMessageContaining("more than 100 levels");
    String nested = "{{" + "(".repeat(5000) + "1" + ")".repeat(5000) + "}}";
    assertThatThrownBy(() -> Template.parse(nested)).hasMessageContaining("more than 100 levels");
  }

  /** Changed copies of the templates are either evaluated or refused with a position. */
  @Test
  void changedTemplatesAreRefusedWithAPosition() throws IOException {
    long seed = Long.getLong("fuzz.seed", 42L);
    Random random = new Random(seed);
    List<String> all = templates().map(each -> (String) each.get()[0]).toList();
    JsonNode data = data();
    for (int round = 0; round < 3000; round++) {
      StringBuilder text = new StringBuilder(all.get(random.nextInt(all.size())));
      for (int change = 0; change <= random.nextInt(3) && !text.isEmpty(); change++) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.insert(at, "{}|$.()\"'`-=:,0x ".charAt(random.nextInt(17)));
          default -> text.setCharAt(at, text.charAt(random.nextInt(text.length())));
        }
      }
      String template = text.toString();
      try {
        var _ = Template.parse(template).apply(data, SHAPE);
      } catch (TemplateException e) {
        assertThat(e).hasMessageStartingWith("template, line ");
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ": " + template, e);
      }
    }
  }

  static Stream<Arguments> templates() throws IOException {
    return cases("templates.txt");
  }

  static Stream<Arguments> errors() throws IOException {
    return cases("errors.txt");
  }

  private static Stream<Arguments> cases(String name) throws IOException {
    List<Arguments> cases =
        text(name)
            .lines()
            .filter(line -> !line.startsWith("#"))
            .map(line -> line.split(" ---> ", 2))
            .map(pair -> Arguments.of(pair[0].replace("\\n", "\n"), pair[1].replace("\\n", "\n")))
            .toList();
    assertThat(cases).hasSizeGreaterThan(30);
    return cases.stream();
  }

  private static JsonNode data() throws IOException {
    return new ObjectMapper().readTree(text("data.json"));
  }

  private static String text(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(TemplateTest.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
