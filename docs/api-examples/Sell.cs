// Sell.exe URL TOKEN SALE.json: prints number and authority code, and tries again under the same key.
// .NET Framework 4.5 or newer, Mono or .NET: csc Sell.cs -r:System.Net.Http.dll
using System;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using System.Threading;

static class Sell
{
    static int Main(string[] words)
    {
        string key = Guid.NewGuid().ToString(); // keep it with the sale until the answer is there
        byte[] body = File.ReadAllBytes(words[2]);
        using (var client = new HttpClient { Timeout = TimeSpan.FromSeconds(20) })
        {
            foreach (int wait in new[] { 0, 1000, 5000 })
            {
                Thread.Sleep(wait);
                var request = new HttpRequestMessage(HttpMethod.Post, words[0] + "/v1/sales");
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", words[1]);
                request.Headers.Add("Idempotency-Key", key);
                request.Content = new ByteArrayContent(body);
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                try
                {
                    var answer = client.SendAsync(request).Result;
                    string said = answer.Content.ReadAsStringAsync().Result;
                    if (!answer.IsSuccessStatusCode)
                    {
                        Console.Error.WriteLine(said);
                        return 1;
                    }
                    // Use the JSON library that you have; two fields need none.
                    Console.WriteLine(Field(said, "name") + " " + Field(said, "code"));
                    return 0;
                }
                catch (AggregateException)
                {
                    // no answer: the same key again
                }
            }
        }
        Console.Error.WriteLine("thungan does not answer: send the sale again later under the same key");
        return 1;
    }

    static string Field(string json, string name)
    {
        return Regex.Match(json, "\"" + name + "\": ?\"([^\"]*)\"").Groups[1].Value;
    }
}
