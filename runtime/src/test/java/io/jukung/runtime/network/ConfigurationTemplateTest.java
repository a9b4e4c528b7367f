package io.jukung.runtime.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTemplateTest {
  private static final Map<String, Object> FIELDS =
      Map.of(
          "PodCIDR", "10.1.0.0/24",
          "PodCIDRRanges", List.of("10.1.0.0/24", "fd00::/64"),
          "Routes", List.of("0.0.0.0/0", "::/0"),
          "None", List.of());

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      ignoreLeadingAndTrailingWhitespace = true,
      value = {
        "no action                                             | no action",
        "a{{.PodCIDR}}b                                        | a10.1.0.0/24b",
        "{{ .PodCIDR }}{{.PodCIDR}}                            | 10.1.0.0/2410.1.0.0/24",
        "{{.Routes}}                                           | [0.0.0.0/0 ::/0]",
        "{{range .Routes}}<{{.}}>{{end}}                       | <0.0.0.0/0><::/0>",
        "{{range $r := .Routes}}<{{$r}}>{{end}}                | <0.0.0.0/0><::/0>",
        "{{range $i, $r := .Routes}}{{if $i}}, {{end}}{{$r}}{{end}} | 0.0.0.0/0, ::/0",
        "{{range $i,$r:=.Routes}}{{$i}}{{end}}                 | 01",
        "{{range .None}}x{{else}}none{{end}}                   | none",
        "{{range .Routes}}{{$.PodCIDR}} {{end}}|`10.1.0.0/24 10.1.0.0/24 `",
        "{{range .Routes}}{{range $.PodCIDRRanges}}{{.}};{{end}}{{end}} |"
            + " 10.1.0.0/24;fd00::/64;10.1.0.0/24;fd00::/64;",
        "{{if .PodCIDR}}yes{{else}}no{{end}}                   | yes",
        "{{if .None}}yes{{else}}no{{end}}                      | no",
        "{{if .None}}1{{else if .Routes}}2{{else}}3{{end}}     | 2",
        "{{if .None}}1{{else if .None}}2{{else}}3{{end}}4      | 34",
        "a {{- .PodCIDR -}} b                                  | a10.1.0.0/24b",
        "a{{/* a comment */}}b                                 | ab",
        "{\"a\": {{range .Routes}}{\"b\": \"{{.}}\"}{{end}}}   | {\"a\": {\"b\":"
            + " \"0.0.0.0/0\"}{\"b\": \"::/0\"}}",
      })
  void isFilledIn(String template, String expected) {
    assertThat(ConfigurationTemplate.parse(template).render(FIELDS)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{{template \"x\"}}          | line 1: {{template \"x\"}} is not known here",
        "{{printf .PodCIDR}}         | line 1: {{printf .PodCIDR}} is not known here",
        "{{}}                        | line 1: {{}} is not known here",
        "{{.Name}}                   | .Name has no value in line 1: {{.Name}}",
        "{{$x}}                      | $x has no value",
        "{{range .Routes}}           | line 1: {{range .Routes}} without {{end}}",
        "{{if .Routes}}{{else}}      | line 1: {{if .Routes}} without {{end}}",
        "{{if .Routes}}{{else}}{{else}}{{end}} | line 1: {{if .Routes}} without {{end}}",
        "{{end}}                     | line 1: {{end}} without a beginning",
        "{{range .PodCIDR}}{{end}}   | is not about a list",
        "{{range .Routes}}{{.PodCIDR}}{{end}} | .PodCIDR has no value",
        "{{if eq .PodCIDR 1}}{{end}} | is not known here",
        "a {{.PodCIDR                | {{ without }}",
      })
  void whatIsNotKnownIsNamed(String template, String problem) {
    assertThatThrownBy(() -> ConfigurationTemplate.parse(template).render(FIELDS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void theLineIsTold() {
    assertThatThrownBy(() -> ConfigurationTemplate.parse("\n\n  {{with .}}"))
        .hasMessageStartingWith("line 3: {{with .}} is not known here");
  }

  @Test
  void damagedTemplatesAreRefusedOrRead() {
    Random random = new Random(20261126);
    String good = "a {{range $i, $r := .Routes}}{{if $i}}, {{else}}x{{end}}{{$r}}{{end}} b";
    int refused = 0;
    for (int round = 0; round < 3000; round++) {
      StringBuilder text = new StringBuilder(good);
      for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
        text.setCharAt(random.nextInt(text.length()), "{}$. -:=,/*eifr".charAt(random.nextInt(15)));
      }
      try {
        ConfigurationTemplate.parse(text.toString()).render(FIELDS);
      } catch (IllegalArgumentException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(1, 2999);
    assertThatThrownBy(() -> ConfigurationTemplate.parse("{{if .A}}".repeat(100_000)))
        .hasMessageContaining("deep");
    assertThatThrownBy(
            () -> ConfigurationTemplate.parse("{{if .A}}" + "{{else if .A}}".repeat(100_000)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
