using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GpuLossTests;

/// <summary>Debian's browser without a window, told what to do by Chrome's DevTools protocol.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private const string Program = "/usr/bin/chromium";

    private readonly string profile = Directory.CreateTempSubdirectory("gpuloss-chromium-").FullName;
    private readonly ClientWebSocket socket = new();
    private readonly List<string> complaints = [];
    private Process process = null!;
    private int calls;

    internal static bool IsInstalled => File.Exists(Program);

    /// <summary>What pages complained about: exceptions, errors on the console, files that are not there.</summary>
    internal IReadOnlyList<string> Complaints => complaints;

    internal static async Task<Browser> Start()
    {
        var browser = new Browser();
        browser.process = System.Diagnostics.Process.Start(new ProcessStartInfo(
            Program,
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--remote-debugging-port=0",
                $"--user-data-dir={browser.profile}", "about:blank",
            ])
        {
            RedirectStandardError = true,
        })!;
        string? line;
        do
            line = await browser.process.StandardError.ReadLineAsync()
                ?? throw new InvalidOperationException("The browser ended before it listened.");
        while (!line.Contains("DevTools listening on ", StringComparison.Ordinal));
        _ = browser.process.StandardError.ReadToEndAsync();
        using var client = new HttpClient();
        var tabs = await client.GetFromJsonAsync<JsonArray>(
            $"http://localhost:{new Uri(line[line.IndexOf("ws://", StringComparison.Ordinal)..]).Port}/json/list");
        var tab = tabs!.Single(one => (string?)one!["type"] == "page")!;
        await browser.socket.ConnectAsync(new Uri((string)tab["webSocketDebuggerUrl"]!), CancellationToken.None);
        foreach (var domain in (string[])["Runtime", "Log", "Page"])
            await browser.Call($"{domain}.enable");
        return browser;
    }

    /// <summary>Shows a page.</summary>
    internal async Task Show(Uri page)
    {
        await Call("Page.navigate", new() { ["url"] = page.AbsoluteUri });
        await Until("document.readyState === 'complete'");
    }

    /// <summary>The value of an expression on the page that is shown.</summary>
    internal async Task<string> Evaluate(string expression)
    {
        var result = await Call("Runtime.evaluate", new() { ["expression"] = $"String({expression})", ["awaitPromise"] = true });
        return (string?)result["result"]?["value"] ?? throw new InvalidOperationException($"{expression}: {result.ToJsonString()}");
    }

    /// <summary>Waits until an expression is true.</summary>
    internal async Task Until(string expression)
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            try
            {
                if (await Evaluate(expression) == "true")
                    return;
            }
            catch (InvalidOperationException)
            {
                // The page on which it was asked has made way for the next.
            }

            await Task.Delay(100);
        }

        throw new TimeoutException($"After 20 s it is still not true that {expression}.");
    }

    public async ValueTask DisposeAsync()
    {
        socket.Dispose();
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        for (var attempt = 0; Directory.Exists(profile) && attempt < 50; attempt++)
        {
            try
            {
                Directory.Delete(profile, recursive: true);
            }
            catch (IOException)
            {
                await Task.Delay(100);
            }
        }
    }

    private async Task<JsonNode> Call(string method, JsonObject? parameters = null)
    {
        var id = ++calls;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        await socket.SendAsync(
            Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        while (true)
        {
            var answer = await Receive();
            if ((int?)answer["id"] == id)
                return answer["result"] ?? throw new InvalidOperationException($"{method}: {answer.ToJsonString()}");
            var isComplaint = (string?)answer["method"] == "Runtime.exceptionThrown"
                || ((string?)answer["method"] == "Runtime.consoleAPICalled" && (string?)answer["params"]!["type"] == "error")
                || ((string?)answer["method"] == "Log.entryAdded" && (string?)answer["params"]!["entry"]!["level"] == "error");
            if (isComplaint)
                complaints.Add(answer["params"]!.ToJsonString());
        }
    }

    private async Task<JsonNode> Receive()
    {
        using var whole = new MemoryStream();
        var buffer = new byte[1 << 16];
        WebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(buffer, CancellationToken.None);
            whole.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonSerializer.Deserialize<JsonNode>(whole.ToArray())!;
    }
}
