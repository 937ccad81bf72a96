"""The board with Scrapy: scrapy runspider scrapy_board.py -a urls=FILE -O rows.jsonl"""
import re

import scrapy

PATTERN = re.compile('<dd>.*?board-index.*?>(\\d+)<.*?title="(.*?)".*?star.*?>(.*?)<.*?releasetime.*?>(.*?)<'
                     '.*?integer.*?>(.*?)<.*?fraction.*?>(.*?)<', re.S)


class Board(scrapy.Spider):
    name = 'board'
    custom_settings = {
        'CONCURRENT_REQUESTS': 64, 'CONCURRENT_REQUESTS_PER_DOMAIN': 64, 'DOWNLOAD_DELAY': 0,
        'ROBOTSTXT_OBEY': False, 'COOKIES_ENABLED': False, 'RETRY_ENABLED': False,
        'TELNETCONSOLE_ENABLED': False, 'LOG_LEVEL': 'ERROR',
    }

    def start_requests(self):
        with open(self.urls, encoding='utf-8') as lines:
            for line in lines:
                yield scrapy.Request(line.strip())

    def parse(self, response):
        for index, title, actor, released, whole, tenth in PATTERN.findall(response.text):
            yield {'index': index, 'title': title, 'actor': actor.strip()[3:], 'time': released[5:],
                   'score': whole + tenth}
